/** Tells how far a download is: one line that changes on a terminal, a line for every tenth elsewhere. */

export interface Progress {
  /** @param total undefined: not known */
  report(bytes: number, total: number | undefined): void;
  /** Ends the line that changes. */
  end(): void;
}

const REDRAW_MS = 200;
/** Without a known size: a line for so much. */
const PLAIN_STEP_BYTES = 32 * 2 ** 20;

export function createProgress(
  write: (text: string) => void,
  {
    isTerminal,
    now = () => performance.now(),
  }: { readonly isTerminal: boolean; readonly now?: () => number },
): Progress {
  let drawnMs = Number.NEGATIVE_INFINITY;
  let isOpen = false;
  let told = -1;
  return {
    report(bytes, total) {
      const isComplete = bytes === total;
      if (isTerminal) {
        if (!isComplete && now() - drawnMs < REDRAW_MS) return;
        drawnMs = now();
        isOpen = true;
        write(`\r\u001b[K${describe(bytes, total)}`);
        return;
      }
      const step = Math.floor(total === undefined ? bytes / PLAIN_STEP_BYTES : (bytes / total) * 10);
      if (step === told) return;
      told = step;
      write(`${describe(bytes, total)}\n`);
    },
    end() {
      if (isOpen) write('\n');
      isOpen = false;
    },
  };
}

/** E.g. `165.8 MB`. */
export function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function describe(bytes: number, total: number | undefined): string {
  if (total === undefined) return formatBytes(bytes);
  const percent = total === 0 ? 100 : Math.floor((bytes / total) * 100);
  return `${String(percent).padStart(3)} %  ${formatBytes(bytes)} of ${formatBytes(total)}`;
}

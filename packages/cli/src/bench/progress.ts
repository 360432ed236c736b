/** Tells what is measured: one line that changes on a terminal, a line for each model elsewhere. */

export interface BenchProgress {
  report(text: string): void;
  /** Takes the line away. Idempotent. */
  end(): void;
}

export function createBenchProgress(
  write: (text: string) => void,
  { isTerminal }: { readonly isTerminal: boolean },
): BenchProgress {
  let told = '';
  return {
    report(text) {
      if (isTerminal) {
        write(`\r\u001b[K${text}`);
        told = text;
        return;
      }
      // What stands before the colon names model and language; the rest counts.
      const [subject = text] = text.split(/: (?=\d)/);
      if (subject !== told) write(`${subject}\n`);
      told = subject;
    },
    end() {
      if (isTerminal && told !== '') write('\r\u001b[K');
      told = '';
    },
  };
}

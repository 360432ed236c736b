/** Tells those who wait inside this process that something has changed; what has, they look up. */
export interface Bells {
  ring(name: string): void;
  /** Begins to listen at once, so that nothing is missed before the first wait. */
  listen(name: string): Bell;
}

export interface Bell {
  /** Resolves at the next ring, at once when there was one since the last wait, after a while, or on abort. */
  wait(maxMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createBells(): Bells {
  const listeners = new Map<string, Set<() => void>>();
  return {
    ring(name) {
      for (const hear of listeners.get(name) ?? []) hear();
    },
    listen(name) {
      let rang = false;
      let wake = () => {};
      const hear = () => {
        rang = true;
        wake();
      };
      const others = listeners.get(name) ?? new Set();
      listeners.set(name, others.add(hear));
      return {
        wait: (maxMs, signal) =>
          new Promise((resolve) => {
            const end = () => {
              clearTimeout(timer);
              signal.removeEventListener('abort', end);
              wake = () => {};
              rang = false;
              resolve();
            };
            const timer = setTimeout(end, maxMs);
            signal.addEventListener('abort', end);
            wake = end;
            if (rang || signal.aborted) end();
          }),
        close() {
          others.delete(hear);
          if (others.size === 0) listeners.delete(name);
        },
      };
    },
  };
}

/** Remembers what was read for a moment, and shares a read that is under way. */

export interface RecentReads {
  /** What `load` answers, or answered within the time kept under this key. A failure is not remembered. */
  read<T>(key: string, load: () => Promise<T>): Promise<T>;
  /** Runs a change and forgets everything when it has ended, well or not. */
  change<T>(run: () => Promise<T>): Promise<T>;
}

const MAX_REMEMBERED = 10_000;

export function createRecentReads(options: {
  /** 0 remembers nothing. */
  readonly keepMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}): RecentReads {
  const { keepMs, now } = options;
  const remembered = new Map<string, { readonly value: Promise<unknown>; readonly untilMs: number }>();
  return {
    read<T>(key: string, load: () => Promise<T>): Promise<T> {
      if (keepMs === 0) return load();
      const known = remembered.get(key);
      // A key is only ever read with loaders of one type.
      if (known !== undefined && known.untilMs > now()) return known.value as Promise<T>;
      const value = load();
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      const entry = { value, untilMs: now() + keepMs };
      remembered.set(key, entry);
      value.catch(() => {
        if (remembered.get(key) === entry) remembered.delete(key);
      });
      return value;
    },
    async change(run) {
      try {
        return await run();
      } finally {
        // A read that began before the change ended may have seen the old state: it must not be found any more.
        remembered.clear();
      }
    },
  };
}

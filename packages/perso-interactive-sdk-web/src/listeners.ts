/** A set of callbacks of the page. A callback that throws disturbs neither the SDK nor the other callbacks. */

export interface Listeners<T> {
  /** Registers `callback` and returns the function that removes this one registration. */
  add(callback: (value: T) => void): () => void;
  emit(value: T): void;
}

export function createListeners<T>(): Listeners<T> {
  const entries = new Set<{ readonly callback: (value: T) => void }>();
  return {
    add(callback) {
      const entry = { callback };
      entries.add(entry);
      return () => {
        entries.delete(entry);
      };
    },
    emit(value) {
      for (const entry of [...entries]) callGuarded(() => entry.callback(value));
    },
  };
}

/** Runs a callback of the page and prints, rather than propagates, what it throws. */
export function callGuarded(callback: () => unknown): void {
  const report = (error: unknown): void =>
    console.error('[perso-interactive-sdk-web] A callback failed.', error);
  try {
    const result = callback();
    if (result instanceof Promise) result.catch(report);
  } catch (error) {
    report(error);
  }
}

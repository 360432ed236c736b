/** Changes as requests bring them: what is absent stays as it is. */

/** Every property may be absent or undefined. */
export type Changes<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

export function withoutUndefined<T>(changes: Changes<T>): Partial<T> {
  // Entries of T stay entries of T.
  return Object.fromEntries(Object.entries(changes).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}

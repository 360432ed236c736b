/** Changes as requests bring them: every property may be absent or undefined. */
export type Changes<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** A copy without the members that are undefined, for callees that tell them from absent ones. */
export function withoutUndefined<T extends object>(
  value: {
    readonly [Key in keyof T]: T[Key] | undefined;
  },
): T {
  // What remains is exactly what T allows.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

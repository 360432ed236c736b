/** Reading text from objects of unknown content. */

/** `value` when it is text, else `fallback`. */
export function textOr<T>(value: unknown, fallback: T): string | T {
  return typeof value === 'string' ? value : fallback;
}

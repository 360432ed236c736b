/** What stands at the other end of standard input and output, and how much it can show. */
import type { Readable, Writable } from 'node:stream';

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

export interface Display {
  /** Whether lines can be drawn anew and keys be read one by one. */
  readonly interactive: boolean;
  readonly colour: boolean;
}

/** Plain lines for pipes and for terminals that can do nothing else; no colour where the user wants none. */
export function displayOf({ input, output }: Terminal, environment: NodeJS.ProcessEnv): Display {
  const able = output.isTTY === true && environment['TERM'] !== 'dumb';
  return {
    interactive: able && input.isTTY === true,
    // https://no-color.org: set to anything but nothing.
    colour: able && (environment['NO_COLOR'] ?? '') === '',
  };
}

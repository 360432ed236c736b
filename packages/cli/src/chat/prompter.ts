/** Asks the user: by menus and lines that can be edited on a terminal, by numbered lines elsewhere. */
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { abortable } from './abortable.ts';
import type { Terminal } from './terminal.ts';

export interface PromptChoice<T> {
  readonly value: T;
  readonly name: string;
  /** Why it cannot be chosen. */
  readonly disabled?: string | undefined;
}

export interface Wait {
  readonly signal: AbortSignal;
}

/** Every question rejects with `InputEnded` when there is no more input, and with `Interrupted` at Ctrl-C. */
export interface Prompter {
  choose<T>(question: string, choices: readonly PromptChoice<T>[], options: Wait): Promise<T>;
  ask(question: string, options: Wait): Promise<string>;
  /** No is what an empty answer means. */
  confirm(question: string, options: Wait): Promise<boolean>;
  close(): void;
}

/** There is nobody any more who could answer. */
export class InputEnded extends Error {
  constructor() {
    super('the input ended');
    this.name = 'InputEnded';
  }
}

/** The user pressed Ctrl-C at a question. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** For a terminal: arrows or numbers choose, lines can be edited. */
export async function createRichPrompter({ input, output }: Terminal): Promise<Prompter> {
  const [{ default: select }, { default: askLine }, { default: confirm }] = await Promise.all([
    import('@inquirer/select'),
    import('@inquirer/input'),
    import('@inquirer/confirm'),
  ]);
  const settle = async <T>(
    { signal }: Wait,
    start: (context: {
      readonly input: Readable;
      readonly output: Terminal['output'];
      readonly signal: AbortSignal;
    }) => Promise<T>,
  ): Promise<T> => {
    const end = new AbortController();
    const keys = createKeys(input);
    // The line editor closes at Ctrl-D, and when the terminal is gone, and leaves the question open.
    keys.once('pause', () => setImmediate(() => end.abort(new InputEnded())));
    input.pipe(keys);
    try {
      return await start({ input: keys, output, signal: AbortSignal.any([signal, end.signal]) });
    } catch (error) {
      signal.throwIfAborted();
      end.signal.throwIfAborted();
      if (error instanceof Error && error.name === 'ExitPromptError') throw new Interrupted();
      throw error;
    } finally {
      input.unpipe(keys);
      input.pause();
    }
  };
  return {
    choose: (message, choices, wait) =>
      settle(wait, (context) =>
        select(
          {
            message,
            choices: choices.map(({ value, name, disabled }) => ({
              value,
              name,
              ...(disabled === undefined ? {} : { disabled: `(${disabled})` }),
            })),
            pageSize: 12,
            loop: false,
            theme: { indexMode: 'number' },
          },
          context,
        ),
      ),
    ask: (message, wait) => settle(wait, (context) => askLine({ message }, context)),
    confirm: (message, wait) => settle(wait, (context) => confirm({ message, default: false }, context)),
    close: () => {},
  };
}

/**
 * The keys of one question. A line editor that reads a terminal itself breaks off with an error that nobody can catch
 * when the terminal is gone; this stream only ends then.
 */
function createKeys(input: Terminal['input']): PassThrough {
  const setRawMode = (isRaw: boolean): void => void input.setRawMode?.(isRaw);
  return Object.assign(new PassThrough(), { isTTY: true, setRawMode });
}

/** For pipes, and terminals that can only print lines. */
export function createPlainPrompter({ input, output }: Terminal): Prompter {
  const reader = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  // Holds the input back while nobody asks.
  const lines = reader[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<string>> | undefined;
  const ask = async (question: string, { signal }: Wait): Promise<string> => {
    output.write(`${question} `);
    next ??= lines.next();
    const { done, value } = await abortable(next, signal);
    next = undefined;
    // What is typed at a terminal ends its line by itself.
    if (input.isTTY !== true || done === true) output.write('\n');
    if (done === true) throw new InputEnded();
    return value;
  };
  return {
    ask,
    async choose(question, choices, wait) {
      for (;;) {
        output.write(
          `${choices
            .map(
              ({ name, disabled }, index) =>
                `${index + 1}. ${name}${disabled === undefined ? '' : ` (${disabled})`}\n`,
            )
            .join('')}`,
        );
        const answer = (await ask(`${question} (1-${choices.length}):`, wait)).trim();
        const choice = /^\d+$/.test(answer) ? choices[Number(answer) - 1] : undefined;
        if (choice === undefined) output.write(`Choose a number from 1 to ${choices.length}.\n`);
        else if (choice.disabled !== undefined) output.write(`${choice.name}: ${choice.disabled}.\n`);
        else return choice.value;
      }
    },
    confirm: async (question, wait) => /^y(es)?$/i.test((await ask(`${question} (y/N)`, wait)).trim()),
    close: () => reader.close(),
  };
}

/** What a chat prints: plain lines, on a terminal with colour, and with long answers broken between words. */
import { styleText } from 'node:util';
import stringWidth from 'fast-string-width';
import type { Display, Terminal } from './terminal.ts';

type Style = Parameters<typeof styleText>[0];

export interface Screen {
  line(text?: string): void;
  /** A line that is less important than others. */
  note(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  title(text: string): void;
  /** Prints a name and then the pieces as they come, and ends the line also when they break off. */
  speech(speaker: string, pieces: AsyncIterable<string>): Promise<string>;
  /** Shows what goes on while it does; on a terminal only. */
  during<T>(name: string, work: () => Promise<T>): Promise<T>;
}

const DEFAULT_COLUMNS = 80;
const ERASE_LINE = '\r\u001b[K';

export function createScreen({ output }: Terminal, { interactive, colour }: Display): Screen {
  const write = (text: string): void => void output.write(text);
  const paint = (style: Style, text: string): string =>
    // Whether there is colour has been decided; the function need not look for itself.
    colour ? styleText(style, text, { validateStream: false }) : text;
  const columns = (): number | undefined => (interactive ? (output.columns ?? DEFAULT_COLUMNS) : undefined);
  /** What stands in the last line while it goes on. */
  let doing = '';
  const say = (style: Style | undefined, text: string): void => {
    const whole = wrap(text, columns());
    const line = `${style === undefined ? whole : paint(style, whole)}\n`;
    write(doing === '' ? line : ERASE_LINE + line + doing);
  };
  return {
    line: (text = '') => say(undefined, text),
    note: (text) => say('dim', text),
    warn: (text) => say('yellow', text),
    error: (text) => say('red', text),
    title: (text) => say('bold', text),
    async speech(speaker, pieces) {
      write(paint(['bold', 'cyan'], `${speaker}: `));
      const wrapper = createWrapper(columns(), stringWidth(speaker) + 2);
      let text = '';
      try {
        for await (const piece of pieces) {
          const printable = text === '' ? piece.trimStart() : piece;
          text += printable;
          write(wrapper.add(visible(printable)));
        }
        return text;
      } finally {
        write('\n');
      }
    },
    async during(name, work) {
      if (!interactive) return work();
      doing = paint('dim', `${name} …`);
      write(doing);
      try {
        return await work();
      } finally {
        doing = '';
        write(ERASE_LINE);
      }
    },
  };
}

/** Without control characters: what a server answers must not command the terminal. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}

interface Wrapper {
  /** The piece with breaks in it. */
  add(piece: string): string;
}

/** Breaks a stream of text between words. A word that is longer than a line is left to the terminal. */
export function createWrapper(columns: number | undefined, startColumn: number): Wrapper {
  if (columns === undefined) return { add: (piece) => piece };
  let column = startColumn;
  let spaces = '';
  let word = '';
  const flush = (): string => {
    if (word === '') return '';
    const width = stringWidth(word);
    const fits = column + spaces.length + width <= columns;
    const text = fits ? spaces + word : `\n${word}`;
    column = fits ? column + spaces.length + width : width;
    word = '';
    spaces = '';
    return text;
  };
  return {
    add(piece) {
      let out = '';
      for (const character of piece) {
        if (character === '\n') {
          out += `${flush()}\n`;
          column = 0;
          spaces = '';
        } else if (character === ' ') {
          out += flush();
          spaces += ' ';
        } else {
          // Between two wide characters (Chinese, Japanese) a line may break without a space.
          if (stringWidth(character) > 1) out += flush();
          word += character;
        }
      }
      // What has come is shown, even if the word goes on in the next piece.
      return out + flush();
    },
  };
}

function wrap(text: string, columns: number | undefined): string {
  return createWrapper(columns, 0).add(text);
}

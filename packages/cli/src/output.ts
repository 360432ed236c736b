/** What a command prints: tables for people, JSON for programs. */

export interface Column {
  readonly title: string;
  readonly value: (item: Item) => unknown;
  /** Of text that must not be cut; for the last column. */
  readonly isWhole?: boolean;
}

/** One object of the API, read leniently: a newer server may have more. */
export type Item = Readonly<Record<string, unknown>>;

export interface Output {
  readonly json: boolean;
  /** One object. */
  show(item: Item): void;
  list(items: readonly Item[], columns: readonly Column[], empty: string): void;
  /** A sentence that says what was done; nothing in JSON mode. */
  note(text: string): void;
}

const MAX_CELL_CHARACTERS = 60;

export function createOutput(write: (text: string) => void, json: boolean): Output {
  return {
    json,
    show(item) {
      if (json) write(`${JSON.stringify(item, null, 2)}\n`);
      else {
        const width = Math.max(...Object.keys(item).map((name) => name.length));
        for (const [name, value] of Object.entries(item)) {
          write(`${name.padEnd(width)}  ${text(value).replaceAll('\n', `\n${' '.repeat(width + 2)}`)}\n`);
        }
      }
    },
    list(items, columns, empty) {
      if (json) {
        write(`${JSON.stringify(items, null, 2)}\n`);
        return;
      }
      if (items.length === 0) {
        write(`${empty}\n`);
        return;
      }
      const rows = [
        columns.map(({ title }) => title),
        ...items.map((item) =>
          columns.map(({ value, isWhole }) =>
            cell(value(item), isWhole === true ? undefined : MAX_CELL_CHARACTERS),
          ),
        ),
      ];
      const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
      for (const row of rows) {
        write(
          `${row
            .map((entry, index) => entry.padEnd(widths[index] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
        );
      }
    },
    note(line) {
      if (!json) write(`${line}\n`);
    },
  };
}

function cell(value: unknown, maxCharacters = Number.POSITIVE_INFINITY): string {
  const line = text(value).replace(/\s+/g, ' ');
  return line.length <= maxCharacters ? line : `${line.slice(0, maxCharacters - 1)}…`;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

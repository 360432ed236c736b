/** Reads one secret: typed without echo on a terminal, else everything that is piped in. */
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { Writable as NullSink } from 'node:stream';
import { text } from 'node:stream/consumers';

export async function readSecret(
  question: string,
  {
    input,
    output,
    isTerminal,
  }: { readonly input: Readable; readonly output: Writable; readonly isTerminal: boolean },
): Promise<string> {
  if (!isTerminal) return text(input);
  output.write(question);
  // The line editor writes what is typed to its output: nowhere.
  const hidden = new NullSink({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: hidden, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    output.write('\n');
  }
}

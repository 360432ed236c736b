/** What a chat meets in tests: a vendor that can be slow, programs of the system, and a server that breaks off. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { type ConversationVendor, createConversationVendor } from '../src/conversation-vendor.ts';

/** A question with this word is answered with one sentence, and nothing more until it is given up. */
export const SLOWLY = 'slowly';
export const FIRST_SENTENCE = 'This is the first sentence.';

/** The vendor of whole conversations, with a language model that can also begin and then be silent. */
export function createChatVendor(): ConversationVendor {
  const vendor = createConversationVendor();
  const models = vendor.provider.languageModels;
  if (models === undefined) throw new Error('The vendor has no language model.');
  const quick = models.get('scripted-1');
  const model: typeof quick = {
    ...quick,
    async doStream(options) {
      const { abortSignal, prompt } = options;
      if (!JSON.stringify(prompt.at(-1)).includes(SLOWLY)) return quick.doStream(options);
      return {
        stream: new ReadableStream({
          start(controller) {
            controller.enqueue({ type: 'text-delta', id: 't', delta: `${FIRST_SENTENCE} And` });
            abortSignal?.addEventListener('abort', () => controller.error(abortSignal.reason));
          },
        }),
      };
    },
  };
  return { ...vendor, provider: { ...vendor.provider, languageModels: { ...models, get: () => model } } };
}

/** Makes executables of scripts, in a folder of their own that can stand first on PATH. */
export async function createPrograms(
  folder: string,
  scripts: Readonly<Record<string, string>>,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    const file = path.join(folder, name);
    await writeFile(file, `#!${process.execPath}\n${script}\n`);
    await chmod(file, 0o755);
  }
  return folder;
}

/** Hands over a tone as raw samples, as fast as it would be heard, until it is interrupted. */
export const RECORDER = `
const tenth = Buffer.alloc(3200);
let at = 0;
const send = () => {
  for (let i = 0; i < 1600; i++, at++) tenth.writeInt16LE(Math.round(8000 * Math.sin(at * 0.2)), i * 2);
  process.stdout.write(Buffer.from(tenth));
};
send();
setInterval(send, 100);
process.on('SIGINT', () => process.exit(1));
`;

/** Writes down what it was called with. */
export const noteDown = (file: string, code = 0): string => `
require('node:fs').appendFileSync(${JSON.stringify(file)}, JSON.stringify(process.argv.slice(2)) + '\\n');
process.exitCode = ${code};
`;

/** A browser that goes where it is sent, and writes down where that was. */
export const browserThatNotes = (file: string): string => `
const { appendFileSync } = require('node:fs');
const [address] = process.argv.slice(2);
fetch(address, { redirect: 'manual' }).then(async (response) => {
  const again = await fetch(address, { redirect: 'manual' }).then((second) => second.status, () => 'refused');
  appendFileSync(${JSON.stringify(file)}, JSON.stringify({ address, target: response.headers.get('location'), again }));
});
`;

export const COMPLAINING = (text: string): string => `process.stderr.write(${JSON.stringify(`${text}\n`)});
process.exitCode = 1;`;

export interface BreakingServer {
  readonly url: string;
  /** Events of sessions in the order they came. */
  readonly events: readonly string[];
  close(): Promise<void>;
}

/** A server that answers as the platform does, but closes the connection after the first sentence of an answer. */
export async function startBreakingServer(): Promise<BreakingServer> {
  const events: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const json = (value: unknown): void =>
      void response.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    const place = request.url ?? '';
    if (place.startsWith('/api/v1/settings/')) json([{ name: 'only-one' }]);
    else if (place === '/api/v1/session/') json({ session_id: 's1' });
    else if (place === '/api/v1/session/s1/event/create/') {
      // The client sends objects with an event.
      events.push((JSON.parse(body) as { event: string }).event);
      json({});
    } else if (place === '/api/v1/session/s1/llm/') {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': '1000' });
      response.write(`data: ${JSON.stringify({ status: 'success', sentence: FIRST_SENTENCE })}\n`, () =>
        request.socket.destroy(),
      );
    } else response.writeHead(404).end('not JSON');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    events,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  return text;
}

/**
 * The least that a hop costs on a machine: a proxy in a process of its own that reads a request's JSON, asks the vendor with
 * it, and hands on what comes. No key, no routing, no failover, no usage.
 */
import { createServer } from 'node:http';
import { Agent, request as ask } from 'undici';
import { announce, type ForkedServer, forkServer } from './forked-server.ts';

export const startBareProxy = (vendorUrl: string): Promise<ForkedServer> =>
  forkServer(import.meta.url, vendorUrl);

const [, , command, vendorUrl = ''] = process.argv;
if (command === 'serve') serve();

function serve(): void {
  const agent = new Agent({ connections: 64 });
  const server = createServer((incoming, outgoing) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', async () => {
      const wanted: unknown = JSON.parse(Buffer.concat(pieces).toString());
      const { statusCode, headers, body } = await ask(vendorUrl + (incoming.url ?? '').replace('/v1', ''), {
        method: 'POST',
        dispatcher: agent,
        headers: { authorization: 'Bearer mock', 'content-type': 'application/json' },
        body: JSON.stringify(wanted),
      });
      const type = String(headers['content-type']);
      if (!type.startsWith('application/json')) {
        outgoing.writeHead(statusCode, { 'content-type': type });
        body.pipe(outgoing);
        return;
      }
      const text = JSON.stringify(JSON.parse(await body.text()));
      outgoing.writeHead(statusCode, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
      outgoing.end(text);
    });
  });
  announce(server);
}

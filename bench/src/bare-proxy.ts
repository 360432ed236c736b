/**
 * The least that a hop costs on a machine: a proxy in a process of its own that reads a request's JSON, asks the vendor with
 * it, and hands on what comes. No key, no routing, no failover, no usage.
 */
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Agent, request as ask } from 'undici';

export interface BareProxy {
  /** Up to and with the version. */
  readonly baseUrl: string;
  readonly processId: number;
  close(): void;
}

export function startBareProxy(vendorUrl: string): Promise<BareProxy> {
  const child = fork(fileURLToPath(import.meta.url), ['serve', vendorUrl], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (port) => {
      resolve({
        baseUrl: `http://127.0.0.1:${String(port)}/v1`,
        processId: child.pid ?? 0,
        close: () => child.kill(),
      });
    });
  });
}

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
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
  });
  process.on('disconnect', () => process.exit(0));
}

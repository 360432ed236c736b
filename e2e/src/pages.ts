/** Pages for the tests: one that loads a script-tag build as a customer's site would. */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const SDK = fileURLToPath(
  new URL('../../packages/perso-interactive-sdk-web/dist/client/index.iife.js', import.meta.url),
);

const page = (
  scriptUrl: string,
) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A customer's page</title>
<script src="${scriptUrl}"></script></head><body><video id="a" autoplay playsinline></video><video id="b" autoplay playsinline></video></body></html>`;

export interface CustomerSite {
  readonly url: string;
  close(): Promise<void>;
}

/** The script comes from the site itself unless `?script=` names another. */
export async function serveCustomerSite(): Promise<CustomerSite> {
  const script = await readFile(SDK);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site.invalid');
    const isScript = pathname === '/sdk.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : page(searchParams.get('script') ?? '/sdk.js'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on TCP, so the address is not the string of a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Opens the page of the platform in the browser of this machine, with the key in its fragment. Command lines can be read
 * by every user of a machine, so the browser gets an address that leads there once, and the key with it.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { findProgram, type Host } from './programs.ts';

/** Within this a browser has come for the page, or none will. */
const COME_TIMEOUT_MS = 20_000;

/** Resolves with whether a browser came for the page. */
export async function openInBrowser(
  url: string,
  {
    host,
    signal,
    comeTimeoutMs = COME_TIMEOUT_MS,
  }: { readonly host: Host; readonly signal: AbortSignal; readonly comeTimeoutMs?: number },
): Promise<boolean> {
  const opener = findOpener(host);
  if (opener === undefined) return false;
  const gate = await openGate(url);
  const stop = new AbortController();
  const limit = AbortSignal.any([signal, stop.signal, AbortSignal.timeout(comeTimeoutMs)]);
  try {
    // An opener that succeeds may be back before the browser is there.
    const opened = start(opener.file, opener.words(gate.address), host).then((succeeded) =>
      succeeded ? gate.passed(limit) : false,
    );
    return await Promise.race([gate.passed(limit), opened]);
  } finally {
    stop.abort();
    await gate.close();
    signal.throwIfAborted();
  }
}

/** Starts a program that may live longer than this one; resolves with whether it succeeded, when it has ended. */
function start(file: string, words: readonly string[], { environment }: Host): Promise<boolean> {
  const child = spawn(file, words, { detached: true, stdio: 'ignore', env: environment });
  child.unref();
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

interface Opener {
  readonly file: string;
  readonly words: (address: string) => readonly string[];
}

function findOpener(host: Host): Opener | undefined {
  const { platform, environment } = host;
  const only = (address: string) => [address];
  if (platform === 'win32') {
    const file = findProgram('rundll32', host);
    return file === undefined
      ? undefined
      : { file, words: (address) => ['url.dll,FileProtocolHandler', address] };
  }
  // Without a screen it would start a browser for terminals, which cannot show the page.
  const hasScreen =
    platform === 'darwin' ||
    ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME'].some((name) => (environment[name] ?? '') !== '');
  const file = findProgram(platform === 'darwin' ? 'open' : 'xdg-open', host);
  return file === undefined || !hasScreen ? undefined : { file, words: only };
}

interface Gate {
  readonly address: string;
  /** Resolves with true when somebody has gone through, with false when the signal fires. */
  passed(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** Serves one redirect, once, at a path that cannot be guessed. */
async function openGate(target: string): Promise<Gate> {
  const path = `/${randomBytes(24).toString('base64url')}`;
  let open = true;
  let pass = (): void => {};
  const through = new Promise<true>((resolve) => {
    pass = () => resolve(true);
  });
  const server = createServer((request, response) => {
    if (!open || request.url !== path || request.method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    open = false;
    response.once('close', pass);
    response
      .writeHead(302, { Location: target, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' })
      .end();
  });
  const port = await listen(server);
  return {
    address: `http://127.0.0.1:${port}${path}`,
    passed: (signal) =>
      new Promise((resolve) => {
        void through.then(resolve);
        if (signal.aborted) resolve(false);
        else signal.addEventListener('abort', () => resolve(false), { once: true });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      // A string is the address of a pipe only.
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

/** Where the server is and with which key it is called: options first, then the environment, then this machine's own. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Client, CommandError, createClient } from './client.ts';
import { createOutput, type Output } from './output.ts';

export interface GlobalOptions {
  readonly server?: string | undefined;
  readonly key?: string | undefined;
  readonly organization?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface Context {
  readonly client: Client;
  readonly output: Output;
}

const DEFAULT_PORT = '8484';

export async function openContext(
  options: GlobalOptions,
  surroundings: {
    readonly environment: NodeJS.ProcessEnv;
    readonly directory: string;
    readonly write: (text: string) => void;
  },
): Promise<Context> {
  const { environment, directory } = surroundings;
  const server =
    options.server ??
    (environment['VISAVOX_PUBLIC_URL'] || `http://127.0.0.1:${environment['PORT'] || DEFAULT_PORT}`);
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    throw new CommandError(`--server must be an http:// or https:// URL, but "${server}" came.`);
  }
  const key =
    options.key ?? (environment['VISAVOX_API_KEY'] || (await readDevelopmentKey(environment, directory)));
  if (key === undefined) {
    throw new CommandError(
      'A key is needed: --key, or the variable VISAVOX_API_KEY. A server prints its key when it starts.',
    );
  }
  return {
    client: createClient({
      server: server.replace(/\/+$/, ''),
      key,
      organization: options.organization,
    }),
    output: createOutput(surroundings.write, options.json === true),
  };
}

/** The data folder of the server on this machine. */
export function dataDirectory(environment: NodeJS.ProcessEnv, directory: string): string {
  return path.resolve(directory, environment['VISAVOX_DATA_DIR'] || '.visavox');
}

/** The key that a server on this machine has made for itself. */
async function readDevelopmentKey(
  environment: NodeJS.ProcessEnv,
  directory: string,
): Promise<string | undefined> {
  const key = await readFile(
    path.join(dataDirectory(environment, directory), 'development-key'),
    'utf8',
  ).catch(() => '');
  return key.trim() === '' ? undefined : key.trim();
}

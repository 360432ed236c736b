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
  const server = findServer(options.server, surroundings.environment);
  const key = await findKey(options.key, surroundings);
  return {
    client: createClient({
      server,
      key,
      organization: options.organization,
    }),
    output: createOutput(surroundings.write, options.json === true),
  };
}

/**
 * The server to call, without a trailing slash: the given one, or VISAVOX_PUBLIC_URL, or the one on this machine.
 * @param flag the option that names it, for the error
 * @throws {CommandError} when it is no address.
 */
export function findServer(
  given: string | undefined,
  environment: NodeJS.ProcessEnv,
  flag = '--server',
): string {
  const server =
    given ?? (environment['VISAVOX_PUBLIC_URL'] || `http://127.0.0.1:${environment['PORT'] || DEFAULT_PORT}`);
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    throw new CommandError(`${flag} must be an http:// or https:// URL, but "${server}" came.`);
  }
  return server.replace(/\/+$/, '');
}

/**
 * The key to call it with: the given one, or that of the variables in their order, or this machine's own.
 * @throws {CommandError} when there is none.
 */
export async function findKey(
  given: string | undefined,
  { environment, directory }: { readonly environment: NodeJS.ProcessEnv; readonly directory: string },
  {
    flag = '--key',
    variables = ['VISAVOX_API_KEY'],
  }: { readonly flag?: string; readonly variables?: readonly string[] } = {},
): Promise<string> {
  const key =
    given ??
    (variables.map((name) => environment[name]).find((value) => value !== undefined && value !== '') ||
      (await readDevelopmentKey(environment, directory)));
  if (key === undefined) {
    throw new CommandError(
      `A key is needed: ${flag}, or the variable ${variables.join(' or ')}. A server prints its key when it starts.`,
    );
  }
  return key;
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

/** `@visavox/server/testing`: starts the whole platform on a free port, in a data folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningServer, startServer } from './app.ts';
import { childEnvironment, readConfig } from './config.ts';
import type { Provider } from './providers/provider.ts';
import { createLog } from './telemetry/log.ts';

export type { RunningServer } from './app.ts';
export type { Provider, SpeechChunk } from './providers/provider.ts';

export interface TestServerOptions {
  /** Variables of the configuration, on top of: a free port, one media process, silence in the log. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Scripted vendors instead of those of this machine. */
  readonly providers?: readonly Provider[];
}

/** Resolves when the server accepts calls. `close()` also removes its data folder. */
export async function startTestServer(options: TestServerOptions = {}): Promise<RunningServer> {
  const repository = fileURLToPath(new URL('../../..', import.meta.url));
  const dataDirectory = await mkdtemp(path.join(os.tmpdir(), 'visavox-test-'));
  const config = readConfig(
    {
      PORT: '0',
      VISAVOX_DATA_DIR: dataDirectory,
      VISAVOX_MEDIA_PROCESSES: '1',
      VISAVOX_LOCAL_MODELS: 'off',
      VISAVOX_LOG_LEVEL: 'silent',
      ...options.environment,
    },
    repository,
  );
  const removeData = () => rm(dataDirectory, { recursive: true, force: true });
  try {
    const server = await startServer({
      config,
      log: createLog({ level: config.logLevel }),
      mediaEnvironment: childEnvironment(process.env),
      signal: new AbortController().signal,
      ...(options.providers === undefined ? {} : { providers: options.providers }),
    });
    return {
      ...server,
      close: async () => {
        await server.close();
        await removeData();
      },
    };
  } catch (error) {
    await removeData();
    throw error;
  }
}

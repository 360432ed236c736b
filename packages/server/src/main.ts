/** The process: reads the configuration, starts the server, prints where it is, and stops in order on Ctrl-C. */
import { fileURLToPath } from 'node:url';
import { startServer } from './app.ts';
import { ConfigError, childEnvironment, readConfig } from './config.ts';
import { createLog } from './telemetry/log.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

async function main(): Promise<void> {
  const startedMs = performance.now();
  const config = readConfig(process.env, REPOSITORY);
  const log = createLog({ level: config.logLevel });
  const starting = new AbortController();
  let stop = (): void => starting.abort(new Error('Stopped while starting.'));
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    process.stdout.write('\nStopping … (again to force)\n');
    stop();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  const server = await startServer({
    config,
    log,
    signal: starting.signal,
    mediaEnvironment: childEnvironment(process.env),
  });
  stop = () => {
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  if (stopping) {
    stop();
    return;
  }
  const { summary, url, apiKey } = server;
  process.stdout.write(
    [
      '',
      `  Visavox is listening (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`,
      '',
      `  Open      ${url}/#key=${apiKey}`,
      `  API       ${url}/api/v1/   documentation: ${url}/docs`,
      `  Key       ${apiKey}${config.apiKey === undefined ? '   (development key, kept in the data folder)' : ''}`,
      '',
      `  Database  ${summary.database}`,
      `  Language  ${summary.languageModel}`,
      `  Speech    ${summary.voices} voices; recognition: ${summary.recognizers}`,
      `  Media     ${summary.mediaProcesses} processes`,
      '',
      '  Ctrl-C stops.',
      '',
    ].join('\n'),
  );
}

main().catch((error: unknown) => {
  // Expected problems of the set-up say what to do; a stack would only hide it.
  const plain = error instanceof ConfigError || (error instanceof Error && !('code' in error));
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  process.stderr.write(
    plain && error instanceof Error
      ? `Visavox cannot start: ${error.message}${cause}\n`
      : `Visavox cannot start: ${String(error)}\n`,
  );
  process.exit(1);
});

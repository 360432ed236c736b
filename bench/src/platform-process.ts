/** Entry of the process that holds the platform under measurement, so that its CPU time is its own. */
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import { createBurstVendor } from './burst-vendor.ts';
import type { FromPlatform, PlatformOptions, ToPlatform } from './platform.ts';

let server: RunningServer | undefined;

const answer = (message: FromPlatform): void => {
  process.send?.(message);
};

process.on('message', async (message) => {
  // Only platform.ts writes to this channel.
  const request = message as ToPlatform;
  if (request.kind === 'stats') {
    const stats = await server?.mediaStats({ signal: AbortSignal.timeout(5000) });
    // One media process: the bench starts it so.
    answer({ kind: 'stats', stats: stats?.[0] ?? {} });
    return;
  }
  await server?.close();
  process.exit(0);
});
process.on('disconnect', () => process.exit(0));

// Written by platform.ts.
const options = JSON.parse(process.argv[2] ?? '{}') as PlatformOptions;
server = await startTestServer({
  ...(options.environment === undefined ? {} : { environment: options.environment }),
  ...(options.vendor === 'bursts' ? { providers: [createBurstVendor()] } : {}),
});
answer({
  kind: 'ready',
  url: server.url,
  apiKey: server.apiKey,
  mediaProcessId: server.mediaProcessIds()[0] ?? 0,
  gatewayProcessIds: server.gatewayProcessIds(),
});

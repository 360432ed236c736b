/** Entry of a media process: wires transport, playout and stages, and obeys the API process over IPC. */
import { loadAvatarPack } from '../avatar/index.ts';
import { createPlayout } from '../media/playout.ts';
import type { FromMedia, MediaProcessOptions, ToMedia } from '../media/protocol.ts';
import { createWrtcTransport } from '../media/wrtc-transport.ts';
import { MediaSession } from './session.ts';
import { createSessionTable, FIRST_SIZE } from './session-table.ts';
import { createStageMaker } from './stage-maker.ts';
import { createStages } from './stages.ts';

const never = new AbortController().signal;

function report(message: FromMedia): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function logError(error: unknown): void {
  process.stderr.write(`media session failed: ${error instanceof Error ? error.stack : String(error)}\n`);
}

interface RunningParts {
  readonly transport: string;
  receive(message: ToMedia): void;
  close(): void;
}

async function run(options: MediaProcessOptions): Promise<RunningParts> {
  const transport = createWrtcTransport({ mediaAddress: options.mediaAddress, ports: options.ports });
  const packDirectories = new Map<string, string>();
  for (const directory of options.packDirectories) {
    const pack = await loadAvatarPack(directory, { signal: never });
    packDirectories.set(pack.name, directory);
  }
  const stageMaker = createStageMaker();
  const stages = createStages({
    maxPixels: options.maxVideoPixels,
    makeStage: async (scene, size) => {
      const directory = packDirectories.get(scene.modelStyle);
      if (directory === undefined) {
        throw new Error(`The model style "${scene.modelStyle}" is not loaded in this media process.`);
      }
      return stageMaker.make(directory, scene, size);
    },
  });
  const playout = createPlayout({
    clock: {
      now: () => performance.now(),
      setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
      // The only timers in this clock come from setTimer above.
      clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
    onSourceError: (error, source) => {
      logError(error);
      if (source instanceof MediaSession) source.onClosed('failed');
    },
  });

  // The first picture of the first session must not wait for decoding and scaling; the default style comes first.
  const [modelStyle] = packDirectories.keys();
  if (modelStyle !== undefined) {
    const warm = await stages.lease({ modelStyle, placement: { left: 0, top: 0, height: 1 } }, FIRST_SIZE);
    warm.release();
  }

  const sessions = createSessionTable({
    transport,
    stages,
    playout,
    report,
    now: () => performance.now(),
    logError,
  });

  const receive = (message: ToMedia): void => {
    if (message.kind === 'stats') {
      const cpu = process.cpuUsage();
      report({
        kind: 'stats',
        requestId: message.requestId,
        stats: {
          sessions: sessions.count,
          stages: stages.count,
          ...playout.stats(),
          cpuSeconds: (cpu.user + cpu.system) / 1e6,
          residentBytes: process.memoryUsage.rss(),
        },
      });
    } else if (message.kind !== 'start') sessions.receive(message);
  };
  return {
    transport: transport.name,
    receive,
    close() {
      sessions.close();
      playout.close();
      stageMaker.close();
      transport.close();
    },
  };
}

// Ctrl-C reaches the whole process group; the API process ends sessions in order and then closes our channel.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

let parts: RunningParts | undefined;
process.on('message', (message) => {
  // Only the API process writes to this channel.
  const typed = message as ToMedia;
  if (typed.kind !== 'start') {
    parts?.receive(typed);
    return;
  }
  run(typed.options).then(
    (running) => {
      parts = running;
      report({ kind: 'ready', transport: running.transport });
    },
    (error: unknown) => {
      process.stderr.write(`media process: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
// The API process may go at any time, also while this one is still starting.
process.once('disconnect', () => {
  parts?.close();
  // libwebrtc's threads do not end by themselves.
  process.exit(0);
});

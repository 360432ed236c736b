/** Entry of a media process: wires transport, playout and stages, and obeys the API process over IPC. */
import { createPerformer, loadAvatarPack } from '../avatar/index.ts';
import { createPlayout } from '../media/playout.ts';
import type { FromMedia, MediaProcessOptions, ToMedia } from '../media/protocol.ts';
import { OfferError } from '../media/transport.ts';
import { createWrtcTransport } from '../media/wrtc-transport.ts';
import { MediaSession, type SizePx } from './session.ts';
import { createStageMaker } from './stage-maker.ts';
import { createStages } from './stages.ts';

/** Shown until the client has said its size, right after it is connected. */
const FIRST_SIZE: SizePx = { widthPx: 720, heightPx: 1280 };

const never = new AbortController().signal;

function report(message: FromMedia): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function logError(error: unknown): void {
  process.stderr.write(`media session failed: ${error instanceof Error ? error.stack : String(error)}\n`);
}

async function run(options: MediaProcessOptions): Promise<(message: ToMedia) => void> {
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
  const sessions = new Map<string, MediaSession>();
  /** Sessions whose offer is being answered; they may be given up meanwhile. */
  const opening = new Map<string, AbortController>();
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

  // The first picture of the first session must not wait for decoding and scaling.
  for (const modelStyle of packDirectories.keys()) {
    const warm = await stages.lease({ modelStyle, placement: { left: 0, top: 0, height: 1 } }, FIRST_SIZE);
    warm.release();
  }

  const open = async (message: Extract<ToMedia, { kind: 'open' }>): Promise<void> => {
    const { requestId, sessionId, scene } = message;
    const cancel = new AbortController();
    opening.set(sessionId, cancel);
    let session: MediaSession | undefined;
    try {
      const stage = await stages.lease(scene, FIRST_SIZE);
      if (cancel.signal.aborted) {
        stage.release();
        cancel.signal.throwIfAborted();
      }
      session = new MediaSession({
        sessionId,
        report,
        performer: createPerformer(),
        stage,
        prepareStage: (size) => stages.lease(scene, size),
        now: () => performance.now(),
        logError,
      });
      const opened = session;
      sessions.set(sessionId, opened);
      const { answerSdp, link } = await transport.accept(message.offerSdp, opened, {
        signal: cancel.signal,
      });
      const stopPlaying = playout.add(opened);
      opened.attach(link, () => {
        stopPlaying();
        if (sessions.get(sessionId) === opened) sessions.delete(sessionId);
      });
      report({ kind: 'opened', requestId, answerSdp });
    } catch (error) {
      session?.close();
      sessions.delete(sessionId);
      const fault = error instanceof OfferError ? 'offer' : 'internal';
      report({
        kind: 'open-failed',
        requestId,
        fault,
        detail: error instanceof Error ? error.message : String(error),
      });
    } finally {
      opening.delete(sessionId);
    }
  };

  process.once('disconnect', () => {
    for (const session of [...sessions.values()]) session.close();
    playout.close();
    stageMaker.close();
    transport.close();
    // libwebrtc's threads do not end by themselves.
    process.exit(0);
  });
  report({ kind: 'ready', transport: transport.name });

  return (message) => {
    if (message.kind === 'open') void open(message);
    else if (message.kind === 'stats') {
      const cpu = process.cpuUsage();
      report({
        kind: 'stats',
        requestId: message.requestId,
        stats: {
          sessions: sessions.size,
          stages: stages.count,
          ...playout.stats(),
          cpuSeconds: (cpu.user + cpu.system) / 1e6,
          residentBytes: process.memoryUsage.rss(),
        },
      });
    } else if (message.kind !== 'start') {
      if (message.kind === 'close')
        opening.get(message.sessionId)?.abort(new Error('The session was given up.'));
      sessions.get(message.sessionId)?.receive(message);
    }
  };
}

// Ctrl-C reaches the whole process group; the API process ends sessions in order and then closes our channel.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

let handler: Promise<(message: ToMedia) => void> | undefined;
process.on('message', (message) => {
  // Only the API process writes to this channel.
  const typed = message as ToMedia;
  if (typed.kind === 'start') {
    handler = run(typed.options);
    handler.catch((error: unknown) => {
      process.stderr.write(`media process: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
    return;
  }
  void handler?.then((handle) => handle(typed));
});

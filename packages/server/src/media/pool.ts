/**
 * The media processes as the API process sees them: starts them, gives each session to the least loaded one, passes
 * messages, notices a death, ends that process's sessions and starts a replacement.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { VisemeSpan } from '@visavox/audio';
import { type ClientPacket, PlatformError, type ServerPacket } from '@visavox/contract';
import type { FromMedia, MediaEnd, MediaProcessOptions, MediaStats, Scene, ToMedia } from './protocol.ts';
import type { Recording } from './transport.ts';

const ENTRY = fileURLToPath(new URL('../media-process/main.ts', import.meta.url));
/** A machine that is busy with other things takes its time to load the figures. */
const READY_TIMEOUT_MS = 90_000;
const OPEN_TIMEOUT_MS = 8000;
const CLOSE_TIMEOUT_MS = 3000;
const RESTART_DELAY_MS = [0, 500, 2000, 5000];

export interface MediaSessionHandlers {
  readonly onConnected: () => void;
  readonly onPacket: (packet: ClientPacket, recording?: Recording | undefined) => void;
  readonly onFile: (fileRef: string, bytes: Uint8Array) => void;
  readonly onUtteranceStarted: (utteranceId: string) => void;
  readonly onUtteranceFinished: (utteranceId: string, playedMs: number, complete: boolean) => void;
  /** Once, last; not after `close()`. */
  readonly onClosed: (reason: MediaEnd) => void;
}

/** One session's media, wherever it runs. Every method is a message; none waits. After the end they do nothing. */
export interface MediaSession {
  startUtterance(utteranceId: string, sampleRateHz: number): void;
  appendUtterance(
    utteranceId: string,
    chunk: {
      readonly samples: Int16Array;
      readonly visemes: readonly VisemeSpan[];
      readonly announcements: readonly ServerPacket[];
    },
  ): void;
  endUtterance(utteranceId: string, announcements: readonly ServerPacket[]): void;
  clear(): void;
  send(packet: ServerPacket): void;
  /** Shows another picture. */
  setScene(scene: Scene): void;
  close(): void;
}

export interface MediaPool {
  open(
    request: { readonly sessionId: string; readonly offerSdp: string; readonly scene: Scene },
    handlers: MediaSessionHandlers,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly answerSdp: string; readonly session: MediaSession }>;
  stats(options: { readonly signal: AbortSignal }): Promise<readonly MediaStats[]>;
  /** Process ids of the live media processes, for fault tests and operators. */
  processIds(): readonly number[];
  close(): Promise<void>;
}

export interface PoolLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

interface Pending {
  readonly resolve: (message: FromMedia) => void;
  readonly reject: (error: unknown) => void;
}

class Worker {
  readonly slot: number;
  readonly child: ChildProcess;
  readonly sessions = new Map<string, MediaSessionHandlers>();
  readonly pending = new Map<number, Pending>();
  alive = true;

  constructor(slot: number, child: ChildProcess) {
    this.slot = slot;
    this.child = child;
  }

  send(message: ToMedia): void {
    if (!this.alive || !this.child.connected) return;
    // Without a callback a failed write would surface as an 'error' event on the child.
    this.child.send(message, () => {});
  }
}

/** Resolves when every process is ready to take sessions. */
export async function createMediaPool(options: {
  readonly processes: number;
  readonly media: MediaProcessOptions;
  /** Environment of the media processes. They need no secrets. */
  readonly environment: NodeJS.ProcessEnv;
  readonly log: PoolLog;
  readonly signal: AbortSignal;
  /** The program of a media process. Default: ours. */
  readonly entry?: string;
  /** How long an offer may take to be answered. Default 8000. */
  readonly openTimeoutMs?: number;
}): Promise<MediaPool> {
  const { log, entry = ENTRY, openTimeoutMs = OPEN_TIMEOUT_MS } = options;
  /** Those that are ready to take sessions, by slot. */
  const workers = new Map<number, Worker>();
  /** All that run, also those that are still starting. */
  const running = new Set<Worker>();
  const restartTimers = new Set<NodeJS.Timeout>();
  const failures: number[] = [];
  let nextRequestId = 1;
  let closing: Promise<void> | undefined;

  const handle = (worker: Worker, message: FromMedia): void => {
    switch (message.kind) {
      case 'ready':
        return;
      case 'opened':
      case 'open-failed':
      case 'stats': {
        const pending = worker.pending.get(message.requestId);
        worker.pending.delete(message.requestId);
        pending?.resolve(message);
        return;
      }
      case 'closed': {
        const handlers = worker.sessions.get(message.sessionId);
        worker.sessions.delete(message.sessionId);
        handlers?.onClosed(message.reason);
        return;
      }
      default: {
        const handlers = worker.sessions.get(message.sessionId);
        if (handlers === undefined) return;
        if (message.kind === 'connected') handlers.onConnected();
        else if (message.kind === 'packet') handlers.onPacket(message.packet, message.recording);
        else if (message.kind === 'file') handlers.onFile(message.fileRef, message.bytes);
        else if (message.kind === 'utterance-started') handlers.onUtteranceStarted(message.utteranceId);
        else handlers.onUtteranceFinished(message.utteranceId, message.playedMs, message.complete);
      }
    }
  };

  const die = (worker: Worker, cause: { code: number | null; signal: string | null }): void => {
    if (!worker.alive) return;
    worker.alive = false;
    running.delete(worker);
    if (workers.get(worker.slot) === worker) workers.delete(worker.slot);
    const sessions = [...worker.sessions.values()];
    worker.sessions.clear();
    for (const pending of worker.pending.values()) {
      pending.reject(
        new PlatformError('unavailable', 'The media process ended while connecting. Please try again.'),
      );
    }
    worker.pending.clear();
    if (closing !== undefined) return;
    log.error({ ...cause, sessions: sessions.length }, 'media process died');
    for (const handlers of sessions) handlers.onClosed('crashed');
    const failure = (failures[worker.slot] ?? 0) + 1;
    failures[worker.slot] = failure;
    const delay = RESTART_DELAY_MS[Math.min(failure - 1, RESTART_DELAY_MS.length - 1)] ?? 0;
    const timer = setTimeout(() => {
      restartTimers.delete(timer);
      start(worker.slot, AbortSignal.timeout(READY_TIMEOUT_MS)).then(
        () => {
          log.info({ slot: worker.slot }, 'media process replaced');
        },
        (error: unknown) => {
          log.error({ err: error }, 'media process could not be replaced');
        },
      );
    }, delay);
    restartTimers.add(timer);
  };

  const start = async (slot: number, signal: AbortSignal): Promise<void> => {
    if (closing !== undefined) return;
    signal.throwIfAborted();
    const child = fork(entry, [], {
      serialization: 'advanced',
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // The API process decides when media ends; a Ctrl-C in the terminal reaches the whole group.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: options.environment,
    });
    const worker = new Worker(slot, child);
    running.add(worker);
    const ready = new Promise<void>((resolve, reject) => {
      const abort = () => {
        child.kill('SIGKILL');
        reject(new Error('The media process did not become ready in time.', { cause: signal.reason }));
      };
      signal.addEventListener('abort', abort, { once: true });
      child.once('exit', (code, exitSignal) => {
        signal.removeEventListener('abort', abort);
        reject(new Error(`The media process ended at start (code ${code}, signal ${exitSignal}).`));
        die(worker, { code, signal: exitSignal });
      });
      child.on('error', (error) => {
        reject(error);
        die(worker, { code: null, signal: null });
      });
      child.on('message', (message) => {
        // Only our own entry writes to this channel.
        const typed = message as FromMedia;
        if (typed.kind === 'ready') {
          signal.removeEventListener('abort', abort);
          workers.set(slot, worker);
          setTimeout(() => {
            if (worker.alive) failures[slot] = 0;
          }, 60_000).unref();
          resolve();
        }
        handle(worker, typed);
      });
    });
    worker.send({ kind: 'start', options: mediaOptions(slot) });
    await ready;
  };

  /** Each process gets its own share of the UDP ports. */
  const mediaOptions = (slot: number): MediaProcessOptions => {
    const { ports } = options.media;
    if (ports === undefined) return options.media;
    const share = Math.floor((ports.last - ports.first + 1) / options.processes);
    const first = ports.first + slot * share;
    return { ...options.media, ports: { first, last: first + share - 1 } };
  };

  const ask = async (
    worker: Worker,
    makeMessage: (requestId: number) => ToMedia,
    signal: AbortSignal,
  ): Promise<FromMedia> => {
    signal.throwIfAborted();
    const requestId = nextRequestId++;
    return new Promise<FromMedia>((resolve, reject) => {
      const abort = () => {
        worker.pending.delete(requestId);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      const settle = () => signal.removeEventListener('abort', abort);
      worker.pending.set(requestId, {
        resolve: (message) => {
          settle();
          resolve(message);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      worker.send(makeMessage(requestId));
    });
  };

  const closeAll = (): Promise<void> => {
    closing ??= stopAll();
    return closing;
  };

  const stopAll = async (): Promise<void> => {
    for (const timer of restartTimers) clearTimeout(timer);
    await Promise.all(
      [...running].map(
        (worker) =>
          new Promise<void>((resolve) => {
            const kill = setTimeout(() => worker.child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
            worker.child.once('exit', () => {
              clearTimeout(kill);
              resolve();
            });
            // A child that is ready ends itself when its channel closes.
            if (workers.has(worker.slot) && worker.child.connected) worker.child.disconnect();
            else worker.child.kill('SIGKILL');
          }),
      ),
    );
  };

  const startSignal = AbortSignal.any([options.signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  try {
    await Promise.all(Array.from({ length: options.processes }, (_, slot) => start(slot, startSignal)));
  } catch (error) {
    await closeAll();
    throw error;
  }

  return {
    async open(request, handlers, { signal }) {
      const worker = [...workers.values()].sort((a, b) => a.sessions.size - b.sessions.size)[0];
      if (worker === undefined) {
        throw new PlatformError(
          'unavailable',
          'No media process is running at the moment. Please try again.',
        );
      }
      const { sessionId } = request;
      worker.sessions.set(sessionId, handlers);
      let reply: FromMedia;
      const timeout = AbortSignal.timeout(openTimeoutMs);
      try {
        reply = await ask(
          worker,
          (requestId) => ({ kind: 'open', requestId, ...request }),
          AbortSignal.any([signal, timeout]),
        );
      } catch (error) {
        worker.sessions.delete(sessionId);
        worker.send({ kind: 'close', sessionId });
        if (error === timeout.reason) {
          throw new PlatformError('unavailable', 'The media process is busy. Please try again.', {
            cause: error,
          });
        }
        throw error;
      }
      if (reply.kind !== 'opened') {
        worker.sessions.delete(sessionId);
        if (reply.kind === 'open-failed' && reply.fault === 'offer') {
          throw new PlatformError('invalid', reply.detail, { attr: 'client_sdp' });
        }
        throw new Error(
          reply.kind === 'open-failed' ? reply.detail : 'The media process gave an unexpected reply.',
        );
      }
      const send = (message: ToMedia): void => {
        if (worker.sessions.has(sessionId)) worker.send(message);
      };
      return {
        answerSdp: reply.answerSdp,
        session: {
          startUtterance: (utteranceId, sampleRateHz) =>
            send({ kind: 'utterance-start', sessionId, utteranceId, sampleRateHz }),
          appendUtterance: (utteranceId, chunk) =>
            send({ kind: 'utterance-chunk', sessionId, utteranceId, ...chunk }),
          endUtterance: (utteranceId, announcements) =>
            send({ kind: 'utterance-end', sessionId, utteranceId, announcements }),
          clear: () => send({ kind: 'clear', sessionId }),
          send: (packet) => send({ kind: 'packet', sessionId, packet }),
          setScene: (scene) => send({ kind: 'scene', sessionId, scene }),
          close: () => {
            send({ kind: 'close', sessionId });
            worker.sessions.delete(sessionId);
          },
        },
      };
    },
    async stats({ signal }) {
      const replies = await Promise.all(
        [...workers.values()].map((worker) =>
          ask(worker, (requestId) => ({ kind: 'stats', requestId }), signal),
        ),
      );
      return replies.flatMap((reply) => (reply.kind === 'stats' ? [reply.stats] : []));
    },
    processIds: () =>
      [...workers.values()].flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid])),
    close: closeAll,
  };
}

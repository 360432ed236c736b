/** The sessions of a media process: opens them, gives each its messages, and forgets those that have ended. */
import { createPerformer } from '../avatar/index.ts';
import type { Playout } from '../media/playout.ts';
import type { FromMedia, ToMedia } from '../media/protocol.ts';
import { type MediaTransport, OfferError } from '../media/transport.ts';
import { MediaSession, type SizePx } from './session.ts';
import type { Stages } from './stages.ts';

/** Shown until the client has said its size, right after it is connected. */
export const FIRST_SIZE: SizePx = { widthPx: 720, heightPx: 1280 };

export interface SessionTable {
  receive(message: Extract<ToMedia, { readonly sessionId: string }>): void;
  readonly count: number;
  close(): void;
}

export function createSessionTable(options: {
  readonly transport: MediaTransport;
  readonly stages: Stages;
  readonly playout: Playout;
  readonly report: (message: FromMedia) => void;
  readonly now: () => number;
  readonly logError: (error: unknown) => void;
}): SessionTable {
  const { transport, stages, playout, report, now, logError } = options;
  const sessions = new Map<string, MediaSession>();
  /** A session can be closed while it is still being opened; then nothing of it may stay. */
  const openings = new Map<string, AbortController>();

  const connect = async (
    { sessionId, offerSdp, scene }: Extract<ToMedia, { readonly kind: 'open' }>,
    signal: AbortSignal,
  ): Promise<string> => {
    const stage = await stages.lease(scene, FIRST_SIZE);
    const session = new MediaSession({
      sessionId,
      report,
      performer: createPerformer(),
      stage,
      scene,
      size: FIRST_SIZE,
      prepareStage: (wish, size) => stages.lease(wish, size),
      now,
      logError,
    });
    try {
      signal.throwIfAborted();
      const { answerSdp, link } = await transport.accept(offerSdp, session, { signal });
      if (signal.aborted) link.close();
      signal.throwIfAborted();
      const stopPlaying = playout.add(session);
      sessions.set(sessionId, session);
      session.attach(link, () => {
        stopPlaying();
        if (sessions.get(sessionId) === session) sessions.delete(sessionId);
      });
      return answerSdp;
    } catch (error) {
      session.close();
      throw error;
    }
  };

  const open = async (message: Extract<ToMedia, { readonly kind: 'open' }>): Promise<void> => {
    const { requestId, sessionId } = message;
    const opening = new AbortController();
    openings.set(sessionId, opening);
    try {
      const answerSdp = await connect(message, opening.signal);
      report({ kind: 'opened', requestId, answerSdp });
    } catch (error) {
      const fault = error instanceof OfferError ? 'offer' : 'internal';
      const detail = error instanceof Error ? error.message : String(error);
      report({ kind: 'open-failed', requestId, fault, detail });
    } finally {
      if (openings.get(sessionId) === opening) openings.delete(sessionId);
    }
  };

  return {
    get count() {
      return sessions.size;
    },
    receive(message) {
      if (message.kind === 'open') {
        void open(message);
        return;
      }
      if (message.kind === 'close')
        openings.get(message.sessionId)?.abort(new Error('The session was given up.'));
      const session = sessions.get(message.sessionId);
      try {
        session?.receive(message);
      } catch (error) {
        // What one session is told must not end the others.
        logError(error);
        session?.onClosed('failed');
      }
    },
    close() {
      for (const opening of openings.values()) opening.abort();
      for (const session of [...sessions.values()]) session.close();
    },
  };
}

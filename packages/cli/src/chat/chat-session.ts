/** The one session of a conversation: made when it is first needed, kept alive, and ended once. */
import { abortable } from './abortable.ts';
import type { ChatApi, SessionParameters } from './api.ts';
import { ChatFailure } from './failure.ts';

export interface ChatSession {
  /** The session that was made last; undefined before the first. */
  readonly id: string | undefined;
  /**
   * Resolves with the id of a running session. One that the server has ended is replaced, after `onReplaced` was told why.
   * @throws {ChatFailure} when none can be made; the next call tries again.
   */
  require(options: { readonly signal: AbortSignal }): Promise<string>;
  /** Asks the server whether the session still runs; the next use replaces one that does not. */
  check(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Tells what a call of the session failed with. True when that says that the session is over. */
  noticeFailure(error: unknown): boolean;
  readonly closed: boolean;
  /** Ends the session on the server, if there is one. Never rejects: who leaves cannot do anything about it. */
  close(detail?: string): Promise<void>;
}

/** A session without a picture ends when the server hears nothing for 30 s; three beats fit. */
const HEARTBEAT_MS = 10_000;
const END_TIMEOUT_MS = 5_000;
const ENDED_CODES = new Set(['session_terminated', 'not_found']);

export function createChatSession({
  api,
  parameters,
  onReplaced = () => {},
  heartbeatMs = HEARTBEAT_MS,
}: {
  readonly api: ChatApi;
  readonly parameters: SessionParameters;
  readonly onReplaced?: (reason: string) => void;
  readonly heartbeatMs?: number;
}): ChatSession {
  let id: string | undefined;
  /** Why the session with this id is over. */
  let over: string | undefined;
  let opening: Promise<string> | undefined;
  let closing: Promise<void> | undefined;
  let beat: ReturnType<typeof setTimeout> | undefined;

  const noticeFailure = (error: unknown): boolean => {
    if (!(error instanceof ChatFailure) || !ENDED_CODES.has(error.code)) return false;
    over = error.message;
    return true;
  };

  const keepAlive = (sessionId: string): void => {
    beat = setTimeout(async () => {
      // What fails for a moment is tried again; an end is told at the next use.
      await api.sendEvent(sessionId, 'SESSION_DURING', '', {}).catch(noticeFailure);
      if (over === undefined && closing === undefined && id === sessionId) keepAlive(sessionId);
    }, heartbeatMs);
    beat.unref();
  };

  const end = async (sessionId: string, detail: string): Promise<void> => {
    // A server that is gone ends the session by itself, when no beat comes any more.
    await api
      .sendEvent(sessionId, 'SESSION_END', detail, { signal: AbortSignal.timeout(END_TIMEOUT_MS) })
      .catch(() => {});
  };

  const open = async (): Promise<string> => {
    // Not given up in the middle: a session that was made must be known, so that it can be ended.
    const made = await api.createSession(parameters, {});
    id = made;
    over = undefined;
    try {
      await api.sendEvent(made, 'SESSION_START', 'terminal chat', {});
    } catch (error) {
      await end(made, 'not started');
      id = undefined;
      throw error;
    }
    keepAlive(made);
    return made;
  };

  return {
    get id() {
      return id;
    },
    get closed() {
      return closing !== undefined;
    },
    async require({ signal }) {
      if (closing !== undefined) throw new Error('The chat session is closed.');
      if (opening !== undefined && over !== undefined) {
        onReplaced(over);
        clearTimeout(beat);
        opening = undefined;
      }
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return abortable(opening, signal);
    },
    async check({ signal }) {
      if (id === undefined || over !== undefined) return;
      const state = await api.readSession(id, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        noticeFailure(error);
      });
      if (state?.status !== 'TERMINATED') return;
      over = `The session was ended by the server: ${state.terminationReason ?? 'no reason was given'}.`;
    },
    noticeFailure,
    close(detail = 'exit') {
      closing ??= (async () => {
        clearTimeout(beat);
        if (opening !== undefined) {
          await abortable(opening, AbortSignal.timeout(END_TIMEOUT_MS)).catch(() => {});
        }
        if (id !== undefined && over === undefined) await end(id, detail);
      })();
      return closing;
    },
  };
}

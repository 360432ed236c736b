/**
 * What was said, and the calls that carry it on. Behind all of them is one session; a call that finds it ended by the
 * server is made again in a new one.
 */

import { CommandError } from '../client.ts';
import type { Capability, ChatApi, SignalOption } from './api.ts';
import type { ChatSession } from './chat-session.ts';

export interface Turn {
  readonly role: 'Human' | 'AI';
  readonly text: string;
}

export interface Conversation {
  /** What was said so far, in order. */
  readonly turns: readonly Turn[];
  readonly sessionId: string | undefined;
  /** Why something cannot be done; undefined when it can. */
  unavailable(capability: Capability): string | undefined;
  /** Asks, and yields the answer in pieces. What came of it is kept, also when it breaks off. */
  answer(message: string, options: Wait): AsyncIterable<string>;
  /** The text as a WAV file. */
  speak(text: string, options: Wait): Promise<Uint8Array>;
  /** What is said in the sound. @throws {CommandError} when nothing is. */
  hear(audio: File, options: Wait): Promise<string>;
}

export interface Wait {
  readonly signal: AbortSignal;
}

/** The oldest turns are forgotten beyond so many. */
const MAX_TURNS = 2000;

export function createConversation({
  api,
  session,
  unavailable,
  language,
}: {
  readonly api: ChatApi;
  readonly session: ChatSession;
  readonly unavailable: Readonly<Partial<Record<Capability, string>>>;
  /** Of what is said in recordings; undefined: the server finds out. */
  readonly language?: string | undefined;
}): Conversation {
  const turns: Turn[] = [];
  const keep = (turn: Turn): void => {
    turns.push(turn);
    if (turns.length > MAX_TURNS) turns.shift();
  };
  const inSession = async <T>(
    { signal }: Wait,
    call: (id: string, options: Required<SignalOption>) => Promise<T>,
  ): Promise<T> => {
    for (let isRetry = false; ; isRetry = true) {
      const id = await session.require({ signal });
      try {
        return await call(id, { signal });
      } catch (error) {
        if (!session.noticeFailure(error) || isRetry) throw error;
      }
    }
  };
  return {
    turns,
    get sessionId() {
      return session.id;
    },
    unavailable: (capability) => unavailable[capability],
    async *answer(message, { signal }) {
      let text = '';
      try {
        for (let isRetry = false; text === ''; isRetry = true) {
          const id = await session.require({ signal });
          try {
            for await (const piece of api.answer(id, message, { signal })) {
              text += piece;
              yield piece;
            }
            if (text.trim() === '') throw new CommandError('The answer is empty.');
          } catch (error) {
            if (!session.noticeFailure(error) || isRetry || text !== '') throw error;
          }
        }
      } finally {
        keep({ role: 'Human', text: message });
        if (text !== '') keep({ role: 'AI', text });
      }
    },
    speak: (text, wait) => inSession(wait, (id, options) => api.speak(id, text.trim(), options)),
    async hear(audio, wait) {
      await session.check(wait);
      const text = await inSession(wait, (id, options) =>
        api.transcribe(id, audio, { language, ...options }),
      );
      if (text === '') throw new CommandError('Nothing was understood in the recording.');
      return text;
    },
  };
}

/** One turn: the language model answers in pieces, and each piece is spoken while the rest is still on its way. */

import type { Session } from 'perso-interactive-sdk-web/client';

export interface AnswerOptions {
  /** Ends the turn. */
  readonly signal: AbortSignal;
  /** Gets the answer as far as it is known, again from its beginning after each tool call. */
  readonly onText: (text: string) => void;
  /** Gets what the model calls, and what the tools of this page return. */
  readonly onTool: (text: string) => void;
}

/** Resolves when the last piece was sent to be spoken. */
export async function answer(session: Session, message: string, options: AnswerOptions): Promise<void> {
  const { signal, onText, onTool } = options;
  const speech = createSpeechQueue(session, signal);
  let pieces = 0;
  let shownFrom = 0;
  try {
    for await (const chunk of session.processLLM({ message, signal })) {
      switch (chunk.type) {
        case 'message': {
          const text = chunk.chunks.slice(shownFrom).join('');
          if (text.trim() !== '') onText(text);
          for (const piece of chunk.chunks.slice(pieces)) speech.say(piece);
          pieces = chunk.chunks.length;
          break;
        }
        case 'tool_call':
          for (const call of chunk.tool_calls) onTool(`${call.function.name} ${call.function.arguments}`);
          shownFrom = pieces;
          break;
        case 'tool_result':
          onTool(`→ ${JSON.stringify(chunk.result)}`);
          break;
        case 'error':
          throw chunk.error;
      }
    }
  } finally {
    await speech.sent();
  }
}

interface SpeechQueue {
  say(text: string): void;
  /** Resolves when everything was sent. */
  sent(): Promise<void>;
}

/** Synthesizes at once and speaks in order. */
function createSpeechQueue(session: Session, signal: AbortSignal): SpeechQueue {
  let last: Promise<void> = Promise.resolve();

  const speak = async (audio: Promise<Blob | undefined>, text: string): Promise<void> => {
    const speech = await audio;
    if (speech !== undefined && !signal.aborted) {
      await session.processSTF(speech, speech.type, text, { signal });
    }
  };

  return {
    say(text) {
      // Never rejects: failures go to the error handler of the session.
      const audio = session.processTTS(text, { signal });
      last = last.then(() => speak(audio, text));
      // Told by `sent`; without this, a failure that comes earlier would count as unhandled.
      last.catch(() => {});
    },
    async sent() {
      try {
        await last;
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

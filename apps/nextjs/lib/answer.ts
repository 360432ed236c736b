/** Two ways of a turn: speech piece by piece while the model still answers, or all of it at the end. */

import type { Session } from 'perso-interactive-sdk-web/client';

export interface AnswerOptions {
  /** Ends the turn. */
  readonly signal: AbortSignal;
  /** Gets the answer as far as it is known, again from its beginning after each tool call. */
  readonly onText: (text: string) => void;
  /** Gets what the model calls, and what the tools of this page return. */
  readonly onTool: (text: string) => void;
}

/** Speaks each piece as it comes: the first words are heard early. Resolves when the last one was sent. */
export async function answerInPieces(
  session: Session,
  message: string,
  options: AnswerOptions,
): Promise<void> {
  const { signal } = options;
  let last: Promise<void> = Promise.resolve();
  try {
    for await (const piece of pieces(session, message, options)) {
      // Synthesized at once, spoken in order. `processTTS` never rejects.
      const speech = session.processTTS(piece, { signal });
      last = last.then(async () => play(session, await speech, piece, signal));
      // Awaited below; without this, a failure that comes earlier would count as unhandled.
      last.catch(() => {});
    }
  } finally {
    await last;
  }
}

/** Waits for the whole answer and speaks it at once: simpler, and later to be heard. */
export async function answerAsWhole(
  session: Session,
  message: string,
  options: AnswerOptions,
): Promise<void> {
  let text = '';
  for await (const piece of pieces(session, message, options)) text += piece;
  const speech = await session.processTTS(text, { signal: options.signal });
  await play(session, speech, text, options.signal);
}

async function play(
  session: Session,
  speech: Blob | undefined,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  if (speech === undefined || signal.aborted) return;
  try {
    await session.processSTF(speech, speech.type, text, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The pieces of an answer, in the order in which the model says them. */
async function* pieces(
  session: Session,
  message: string,
  { signal, onText, onTool }: AnswerOptions,
): AsyncGenerator<string> {
  let count = 0;
  let shownFrom = 0;
  for await (const chunk of session.processLLM({ message, signal })) {
    switch (chunk.type) {
      case 'message': {
        const text = chunk.chunks.slice(shownFrom).join('');
        if (text.trim() !== '') onText(text);
        yield* chunk.chunks.slice(count);
        count = chunk.chunks.length;
        break;
      }
      case 'tool_call':
        for (const call of chunk.tool_calls) onTool(`${call.function.name} ${call.function.arguments}`);
        shownFrom = count;
        break;
      case 'tool_result':
        onTool(`→ ${JSON.stringify(chunk.result)}`);
        break;
      case 'error':
        throw chunk.error;
    }
  }
}

/** One turn: the language model answers in pieces, and each piece is spoken while the rest is still on its way. */

/**
 * `onText` gets the answer as far as it is known, again from its beginning after each tool call; `onTool` what the model
 * calls and what the tools of this page return. Resolves when the last piece was sent to be spoken.
 */
export async function answer(session, message, { signal, onText, onTool }) {
  const speech = createSpeechQueue(session, signal);
  let pieces = 0;
  let shownFrom = 0;
  try {
    for await (const chunk of session.processLLM({ message, signal })) {
      if (chunk.type === 'message') {
        const text = chunk.chunks.slice(shownFrom).join('');
        if (text.trim() !== '') onText(text);
        for (const piece of chunk.chunks.slice(pieces)) speech.say(piece);
        pieces = chunk.chunks.length;
      } else if (chunk.type === 'tool_call') {
        for (const call of chunk.tool_calls) onTool(`${call.function.name} ${call.function.arguments}`);
        shownFrom = pieces;
      } else if (chunk.type === 'tool_result') {
        onTool(`→ ${JSON.stringify(chunk.result)}`);
      } else {
        throw chunk.error;
      }
    }
  } finally {
    await speech.sent();
  }
}

/** Synthesizes at once and speaks in order. */
function createSpeechQueue(session, signal) {
  let last = Promise.resolve();

  const speak = async (audio, text) => {
    const speech = await audio;
    if (speech && !signal.aborted) await session.processSTF(speech, speech.type, text, { signal });
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

/** Speech to text. */

import { readReply, streamReply } from '../reply-stream.ts';
import type { StreamRequest, Transport } from '../transport.ts';
import type { TranscribeOptions, TranscribeResult, TranscribeStreamEvent } from '../types/speech.ts';

export async function transcribe(
  transport: Transport,
  audio: Uint8Array,
  options: TranscribeOptions,
  signal?: AbortSignal,
): Promise<TranscribeResult> {
  const done = await readReply(transcribeStream(transport, audio, options, signal));
  const { text, provider, model, confidence, failoverCount, scoresRunId } = done;
  return { text, provider, model, confidence, failoverCount, scoresRunId };
}

export function transcribeStream(
  transport: Transport,
  audio: Uint8Array,
  options: TranscribeOptions,
  signal?: AbortSignal,
): AsyncGenerator<TranscribeStreamEvent, void> {
  return streamReply(transport, () => createRequest(audio, options, signal));
}

function createRequest(
  audio: Uint8Array,
  { language, region, optimizeFor, ...options }: TranscribeOptions,
  signal: AbortSignal | undefined,
): StreamRequest {
  const { contentType = 'audio/wav', constraints, keywords = [], sttOptions, sessionId } = options;
  const sttLanguage = sttOptions?.language;
  const headers: Record<string, string> = {
    'Content-Type': contentType,
    'X-Speko-Intent': headerJson({ language, region, optimizeFor }),
  };
  if (constraints !== undefined) headers['X-Speko-Constraints'] = headerJson(constraints);
  if (keywords.length > 0 || sttLanguage !== undefined) {
    headers['X-Speko-Stt-Options'] = headerJson({
      keywords: keywords.length > 0 ? keywords : undefined,
      language: sttLanguage,
    });
  }
  // A copy has nothing but the bytes of the view, and is never shared memory, which `fetch` refuses.
  return { method: 'POST', path: '/v1/transcribe', headers, body: new Uint8Array(audio), sessionId, signal };
}

/** JSON in ASCII: header values cannot hold more. Members that are `undefined` are left out. */
function headerJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

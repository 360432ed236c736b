/** Answers of language models. */

import { readReply, streamReply } from '../reply-stream.ts';
import type { Transport } from '../transport.ts';
import type { CompleteParams, CompleteResult, CompleteStreamEvent } from '../types/chat.ts';

export async function complete(
  transport: Transport,
  params: CompleteParams,
  signal?: AbortSignal,
): Promise<CompleteResult> {
  const done = await readReply(completeStream(transport, params, signal));
  const { text, provider, model, usage, failoverCount, scoresRunId, toolCalls } = done;
  const result = { text, provider, model, usage, failoverCount, scoresRunId };
  return toolCalls === undefined ? result : { ...result, toolCalls };
}

export function completeStream(
  transport: Transport,
  { sessionId, ...body }: CompleteParams,
  signal?: AbortSignal,
): AsyncGenerator<CompleteStreamEvent, void> {
  return streamReply(transport, () => ({
    method: 'POST',
    path: '/v1/complete',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    sessionId,
    signal,
  }));
}

/** Text to speech. */

import type { Exchange, Transport } from '../transport.ts';
import type { SynthesizeOptions, SynthesizeResult, SynthesizeStreamResult } from '../types/speech.ts';

export async function synthesize(
  transport: Transport,
  text: string,
  options: SynthesizeOptions,
  signal?: AbortSignal,
): Promise<SynthesizeResult> {
  const exchange = await openSpeech(transport, text, options, signal);
  const pieces: Uint8Array[] = [];
  for await (const piece of exchange.chunks) pieces.push(piece);
  return { audio: concatenate(pieces), ...describe(exchange.headers) };
}

export async function synthesizeStream(
  transport: Transport,
  text: string,
  options: SynthesizeOptions,
  signal?: AbortSignal,
): Promise<SynthesizeStreamResult> {
  const { chunks, headers } = await openSpeech(transport, text, options, signal);
  return { ...describe(headers), [Symbol.asyncIterator]: () => chunks };
}

function openSpeech(
  transport: Transport,
  text: string,
  { language, region, optimizeFor, ...options }: SynthesizeOptions,
  signal: AbortSignal | undefined,
): Promise<Exchange> {
  const { voice, model, speed, instructions, spokenForm, constraints, sessionId } = options;
  const intent = { language, region, optimizeFor };
  return transport.openStream({
    method: 'POST',
    path: '/v1/synthesize',
    headers: { 'Content-Type': 'application/json' },
    // Members that are `undefined` are left out.
    body: JSON.stringify({ text, intent, voice, model, speed, instructions, spokenForm, constraints }),
    sessionId,
    signal,
  });
}

function describe(headers: Headers): Omit<SynthesizeResult, 'audio'> {
  return {
    contentType: headers.get('Content-Type') ?? 'application/octet-stream',
    provider: headers.get('X-Speko-Provider') ?? 'unknown',
    model: headers.get('X-Speko-Model') ?? 'unknown',
    failoverCount: Number.parseInt(headers.get('X-Speko-Failover-Count') ?? '', 10) || 0,
    scoresRunId: headers.get('X-Speko-Scores-Run-Id') || null,
  };
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.byteLength;
  }
  return whole;
}

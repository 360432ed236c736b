import { describe, expect, it } from 'vitest';
import { cutForSpeech } from './speech-pieces.ts';
import { createSilence, streamPieces } from './speech-stream.ts';

const pieces = ['a', 'b', 'c', 'd', 'e'].map((text) => ({ text, tailMs: 0 }));

describe('streamPieces', () => {
  it('makes one piece ahead of a slow reader and no more', async () => {
    let made = 0;
    const stream = streamPieces({
      pieces,
      sampleRateHz: 8000,
      signal: new AbortController().signal,
      speak: async () => {
        made++;
        return createSilence(10, 8000);
      },
    });
    await stream.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBe(2);
    await stream.next();
    expect(made).toBe(3);
    await stream.return(undefined);
    expect(made).toBe(3);
  });

  it('cancels the piece ahead when the reader leaves', async () => {
    const signals: AbortSignal[] = [];
    const stream = streamPieces({
      pieces,
      sampleRateHz: 8000,
      signal: new AbortController().signal,
      speak: async (_piece, signal) => {
        signals.push(signal);
        return createSilence(10, 8000);
      },
    });
    for await (const _ of stream) break;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});

describe('cutForSpeech', () => {
  it('cuts sentences, and long ones at commas', () => {
    const text = 'Hi there. If you come on a Sunday morning, you will find the doors open, and coffee.';
    expect(cutForSpeech(text, 'en').map((piece) => piece.text)).toEqual([
      'Hi there.',
      'If you come on a Sunday morning,',
      'you will find the doors open, and coffee.',
    ]);
  });
});

/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { describe, expect, it } from 'vitest';
import { sendJson, type VendorAnswer } from '../testing/http-vendor.ts';
import { describeRecognizerVendor } from './testing/recognizer-vendor.ts';
import { cutOddly, SECRET_WORDS, toneBytes, withScriptedVendor } from './testing/scripted-vendor.ts';
import { describeSynthesizerVendor } from './testing/synthesizer-vendor.ts';
import { xai } from './xai.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(1600).fill(500), sampleRateHz: 16_000 };
const failures = [
  { status: 400, body: { code: 'x', error: `Incorrect API key provided: ${SECRET_WORDS}` }, kind: 'auth' },
  { status: 403, body: { code: 'x', error: 'Your team has used all available credits' }, kind: 'payment' },
] as const;

describeRecognizerVendor('xAI', {
  vendor: xai,
  answer: (_request, response) =>
    sendJson(response, {
      text: 'Hello there.',
      language: 'en',
      duration: 1,
      words: [
        { text: 'Hello', start: 0.08, end: 0.4, confidence: 0.9, speaker: 0 },
        { text: 'there.', start: 0.4, end: 0.9 },
      ],
    }),
  expected: {
    text: 'Hello there.',
    language: 'en',
    words: [
      { text: 'Hello', startMs: 80, endMs: 400, confidence: 0.9, speaker: 0 },
      { text: 'there.', startMs: 400, endMs: 900 },
    ],
  },
  silence: {
    answer: (_request, response) => sendJson(response, { text: '', language: '', duration: 1, words: [] }),
    expected: { text: '' },
  },
  failures: [
    ...failures,
    { status: 400, body: { code: 'x', error: 'Failed to decode audio' }, kind: 'bad-audio' },
  ],
});

describeSynthesizerVendor('xAI', {
  vendor: xai,
  voiceId: 'eve',
  modelId: 'grok-tts',
  sampleRateHz: 24_000,
  answer: (pieces) => async (_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/pcm' });
    for await (const piece of pieces) response.write(piece);
    response.end();
  },
  failures,
});

describe('xAI', () => {
  it('asks for what the caller wants, with the file last', () =>
    withScriptedVendor(
      { vendor: xai },
      { answer: (_request, response) => sendJson(response, { text: 'x' }) },
      async ({ recognizer }, server) => {
        await recognizer?.recognize(clip, {
          signal,
          language: 'en-GB',
          keywords: ['Visavox', 'Speko'],
          diarization: true,
          smartFormat: true,
          fillerWords: true,
          file: { bytes: Uint8Array.of(1, 2, 3), mediaType: 'audio/mpeg' },
        });
        const body = server.requests[0]?.body.toString('latin1') ?? '';
        expect(server.requests[0]?.path).toBe('/stt');
        expect(
          [...body.matchAll(/name="([^"]+)"[\s\S]*?\r\n\r\n([^\r]*)/g)].map(([, ...field]) => field),
        ).toEqual([
          ['language', 'en'],
          ['format', 'true'],
          ['diarize', 'true'],
          ['filler_words', 'true'],
          ['keyterm', 'Visavox'],
          ['keyterm', 'Speko'],
          ['file', '\u0001\u0002\u0003'],
        ]);
        expect(body).toContain('filename="speech.mp3"');
      },
    ));

  it.each([
    ['pt-PT', 'pt-PT'],
    ['pt', 'pt-BR'],
    ['en-US', 'en'],
    ['ar', 'ar-EG'],
    ['fi', 'auto'],
  ])('speaks %s as %s, at the rate that is asked for', (language, sent) => {
    const answer: VendorAnswer = async (_request, response) => {
      for await (const piece of cutOddly(toneBytes(0.1, 16_000))) response.write(piece);
      response.end();
    };
    return withScriptedVendor({ vendor: xai }, { answer }, async ({ synthesizer }, server) => {
      const request = { text: 'Hi', voiceId: 'eve', language, sampleRateHz: 16_000, speed: 1.2 };
      for await (const chunk of synthesizer?.synthesize(request, { signal }) ?? []) {
        expect(chunk.sampleRateHz).toBe(16_000);
      }
      expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toEqual({
        text: 'Hi',
        voice_id: 'eve',
        language: sent,
        output_format: { codec: 'pcm', sample_rate: 16_000 },
        speed: 1.2,
      });
    });
  });
});

/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { sendJson } from '../testing/http-vendor.ts';
import { groq } from './groq.ts';
import { describeRecognizerVendor } from './testing/recognizer-vendor.ts';
import { SECRET_WORDS } from './testing/scripted-vendor.ts';

describeRecognizerVendor('Groq', {
  vendor: groq,
  answer: (_request, response) =>
    sendJson(response, {
      task: 'transcribe',
      language: 'English',
      duration: 1,
      text: ' Hello there.',
      words: [
        { word: 'Hello', start: 0.08, end: 0.4 },
        { word: 'there.', start: 0.4, end: 0.9 },
      ],
      segments: [{ id: 0, text: ' Hello there.', avg_logprob: 0, no_speech_prob: 0.01 }],
      x_groq: { id: 'req_1' },
    }),
  expected: {
    text: 'Hello there.',
    language: 'en',
    confidence: 1,
    words: [
      { text: 'Hello', startMs: 80, endMs: 400 },
      { text: 'there.', startMs: 400, endMs: 900 },
    ],
  },
  failures: [
    {
      status: 400,
      body: { error: { message: `could not be decoded: ${SECRET_WORDS}`, type: 'invalid_request_error' } },
      kind: 'bad-audio',
    },
  ],
});

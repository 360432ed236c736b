/** Answers have the shapes of the vendor's documentation; none was recorded. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { decodeWav, encodeWav } from '@visavox/audio';
import { describe, expect, it } from 'vitest';
import { sendJson, type VendorAnswer } from '../testing/http-vendor.ts';
import { google } from './google.ts';
import { describeLanguageModelVendor, sayEvents } from './testing/language-model-vendor.ts';
import { describeRecognizerVendor } from './testing/recognizer-vendor.ts';
import { errorOf, SECRET_WORDS, toneBytes, withScriptedVendor } from './testing/scripted-vendor.ts';
import { describeSynthesizerVendor } from './testing/synthesizer-vendor.ts';

const signal = new AbortController().signal;
const clip = { samples: new Int16Array(1600).fill(500), sampleRateHz: 16_000 };

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const serviceAccount = JSON.stringify({
  type: 'service_account',
  project_id: 'a-project',
  client_email: 'voice@a-project.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  token_uri: 'http://169.254.169.254/steal',
});

const withToken =
  (answer: VendorAnswer): VendorAnswer =>
  (request, response) =>
    request.path === '/token'
      ? sendJson(response, { access_token: 'ya29.token', expires_in: 3599, token_type: 'Bearer' })
      : answer(request, response);

const FAILURES = [
  {
    status: 400,
    body: {
      error: {
        code: 400,
        message: SECRET_WORDS,
        status: 'INVALID_ARGUMENT',
        details: [{ reason: 'API_KEY_INVALID' }],
      },
    },
    kind: 'auth',
  },
  {
    status: 403,
    body: {
      error: {
        code: 403,
        message: SECRET_WORDS,
        status: 'PERMISSION_DENIED',
        details: [{ reason: 'BILLING_DISABLED' }],
      },
    },
    kind: 'payment',
  },
  {
    status: 400,
    body: { error: { code: 400, message: 'Voice name is not known', status: 'INVALID_ARGUMENT' } },
    kind: 'bad-request',
  },
  {
    status: 429,
    body: { error: { code: 429, message: 'Quota exceeded', status: 'RESOURCE_EXHAUSTED' } },
    kind: 'rate-limited',
  },
] as const;

const generated =
  (heard: object): VendorAnswer =>
  (_request, response) =>
    sendJson(response, {
      candidates: [
        { content: { role: 'model', parts: [{ text: JSON.stringify(heard) }] }, finishReason: 'STOP' },
      ],
      usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 9 },
    });

describeRecognizerVendor('Gemini', {
  vendor: google,
  modelId: 'gemini-2.5-flash',
  answer: generated({ hasSpeech: true, language: 'en-US', text: ' Hello there. ' }),
  expected: { text: 'Hello there.', language: 'en-US' },
  silence: { answer: generated({ hasSpeech: false, text: '' }), expected: { text: '', noSpeech: true } },
  failures: [
    ...FAILURES,
    { status: 400, body: { error: { message: 'The audio cannot be decoded' } }, kind: 'bad-audio' },
  ],
});

const recognized: VendorAnswer = (_request, response) =>
  sendJson(response, {
    results: [
      {
        alternatives: [
          {
            transcript: 'Hello',
            confidence: 0.75,
            words: [{ word: 'Hello', endOffset: '0.400s', confidence: 0.9 }],
          },
        ],
        languageCode: 'en-us',
        resultEndOffset: '0.5s',
      },
      {
        alternatives: [
          {
            transcript: ' there.',
            confidence: 0.25,
            words: [{ word: 'there.', startOffset: '0.400s', endOffset: '0.900s' }],
          },
        ],
        languageCode: 'en-us',
      },
    ],
    metadata: { totalBilledDuration: '1s' },
  });

describeRecognizerVendor('Google Chirp 2', {
  vendor: google,
  modelId: 'chirp_2',
  options: { apiKey: serviceAccount },
  answer: withToken(recognized),
  expected: {
    text: 'Hello there.',
    language: 'en-US',
    confidence: 0.5,
    words: [
      { text: 'Hello', startMs: 0, endMs: 400, confidence: 0.9 },
      { text: 'there.', startMs: 400, endMs: 900 },
    ],
  },
  silence: {
    answer: withToken((_request, response) =>
      sendJson(response, { metadata: { totalBilledDuration: '1s' } }),
    ),
    expected: { text: '' },
  },
});

/** The vendor sends a whole WAV as base64. */
const spoken =
  (pieces: AsyncIterable<Buffer>): VendorAnswer =>
  async (request, response) => {
    const sound: Buffer[] = [];
    for await (const piece of pieces) sound.push(piece);
    const bytes = Buffer.concat(sound);
    const samples = new Int16Array(bytes.length >> 1);
    for (let at = 0; at < samples.length; at++) samples[at] = bytes.readInt16LE(at * 2);
    const { sampleRateHertz } = JSON.parse(request.body.toString()).audioConfig;
    sendJson(response, {
      audioContent: Buffer.from(encodeWav({ samples, sampleRateHz: sampleRateHertz })).toString('base64'),
    });
  };

describeSynthesizerVendor('Google', {
  vendor: google,
  voiceId: 'en-US-Chirp3-HD-Leda',
  modelId: 'chirp-3-hd',
  sampleRateHz: 24_000,
  answer: spoken,
  streams: false,
  failures: FAILURES,
});

describeLanguageModelVendor('Google', {
  vendor: google,
  modelId: 'gemini-2.5-flash',
  stream: sayEvents(
    { candidates: [{ content: { role: 'model', parts: [{ text: 'Hel' }] } }] },
    {
      candidates: [{ content: { role: 'model', parts: [{ text: 'lo!' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
    },
  ),
  expectedText: 'Hello!',
  failures: FAILURES,
});

describeLanguageModelVendor('Google with a service account', {
  vendor: google,
  modelId: 'gemini-2.5-flash',
  options: { apiKey: serviceAccount },
  stream: withToken(
    sayEvents({
      candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
    }),
  ),
  expectedText: 'Hi',
});

describe('Google', () => {
  it('offers Chirp 2 only to service accounts', () => {
    const models = (apiKey: string) => google.open({ apiKey }).recognizer?.models?.map(({ id }) => id);
    expect(models('AIza-key')).toEqual(['gemini-2.5-flash', 'latest_long']);
    expect(models(serviceAccount)).toEqual(['chirp_2', 'gemini-2.5-flash']);
  });

  it('proves a service account once for many calls, and only at the address of the vendor', () =>
    withScriptedVendor(
      { vendor: google, options: { apiKey: serviceAccount, region: 'europe-west4' } },
      { answer: withToken(recognized) },
      async ({ recognizer }, server) => {
        await Promise.all([1, 2].map(() => recognizer?.recognize(clip, { signal, language: 'ko' })));
        await recognizer?.recognize(clip, { signal });
        const [token, first] = server.requests;
        expect(server.requests.filter(({ path }) => path === '/token')).toHaveLength(1);
        const form = new URLSearchParams(token?.body.toString());
        expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
        const [head = '', claims = '', signature = ''] = form.get('assertion')?.split('.') ?? [];
        const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
        expect(
          verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url')),
        ).toBe(true);
        expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
          iss: 'voice@a-project.iam.gserviceaccount.com',
          aud: 'https://oauth2.googleapis.com/token',
        });
        expect(first?.path).toBe('/v2/projects/a-project/locations/europe-west4/recognizers/_:recognize');
        expect(first?.headers.authorization).toBe('Bearer ya29.token');
        const { config, content } = JSON.parse(first?.body.toString() ?? '');
        expect(config).toMatchObject({ model: 'chirp_2', languageCodes: ['ko-KR'] });
        expect(decodeWav(Buffer.from(content, 'base64')).samples.length).toBe(1600);
        expect(JSON.parse(server.requests.at(-1)?.body.toString() ?? '').config.languageCodes).toEqual([
          'auto',
        ]);
      },
    ));

  it.each([
    ['JSON that is no account', '{"type":"authorized_user"}'],
    ['no JSON at all', '{broken'],
    ['a private key that is none', JSON.stringify({ ...JSON.parse(serviceAccount), private_key: 'none' })],
  ])('refuses %s', (_, apiKey) =>
    withScriptedVendor({ vendor: google, options: { apiKey } }, {}, async ({ recognizer }, server) => {
      const error = await errorOf(
        recognizer?.recognize(clip, { signal, modelId: 'chirp_2' }) ?? Promise.resolve(),
      );
      expect(error).toMatchObject({ kind: 'auth' });
      expect(server.requests).toHaveLength(0);
    }),
  );

  it('takes a refused account for auth, and asks again the next time', () => {
    let refusals = 1;
    const answer: VendorAnswer = (request, response) =>
      request.path === '/token' && refusals-- > 0
        ? sendJson(response, { error: 'invalid_grant', error_description: SECRET_WORDS }, 400)
        : withToken(recognized)(request, response);
    return withScriptedVendor(
      { vendor: google, options: { apiKey: serviceAccount } },
      { answer },
      async ({ recognizer }) => {
        const error = await errorOf(recognizer?.recognize(clip, { signal }) ?? Promise.resolve());
        expect(error).toMatchObject({ kind: 'auth' });
        expect(await recognizer?.recognize(clip, { signal })).toMatchObject({ text: 'Hello there.' });
      },
    );
  });

  it('hears long recordings in pieces, with times of the whole', () =>
    withScriptedVendor(
      { vendor: google, options: { apiKey: serviceAccount } },
      { answer: withToken(recognized) },
      async ({ recognizer }, server) => {
        const long = { samples: new Int16Array(8000 * 100), sampleRateHz: 8000 };
        const transcript = await recognizer?.recognize(long, { signal, language: 'en' });
        expect(server.requests.filter(({ path }) => path.endsWith(':recognize'))).toHaveLength(2);
        expect(transcript?.text).toBe('Hello there. Hello there.');
        expect(transcript?.words?.[2]?.startMs).toBeGreaterThan(25_000);
      },
    ));

  it('asks Gemini with the words to listen for, and gives it the file as it came', () =>
    withScriptedVendor(
      { vendor: google },
      { answer: generated({ hasSpeech: true, text: 'x' }) },
      async ({ recognizer }, server) => {
        const file = { bytes: Uint8Array.of(1, 2, 3), mediaType: 'audio/mpeg' };
        await recognizer?.recognize(clip, { signal, file, keywords: ['Visavox'], language: 'de-DE' });
        const [request] = server.requests;
        expect(request?.path).toBe('/v1beta/models/gemini-2.5-flash:generateContent');
        expect(request?.headers['x-goog-api-key']).toBe('secret-key-0123456789');
        const [instructions, sound] = JSON.parse(request?.body.toString() ?? '').contents[0].parts;
        expect(instructions.text).toContain('Visavox');
        expect(sound.inlineData).toEqual({ mimeType: 'audio/mpeg', data: 'AQID' });
      },
    ));

  it('takes words that the vendor holds back for no output', () =>
    withScriptedVendor(
      { vendor: google },
      { answer: (_request, response) => sendJson(response, { promptFeedback: { blockReason: 'SAFETY' } }) },
      async ({ recognizer }) => {
        const error = await errorOf(recognizer?.recognize(clip, { signal }) ?? Promise.resolve());
        expect(error).toMatchObject({ kind: 'empty' });
      },
    ));

  it('hears with an API key by the older model too', () =>
    withScriptedVendor({ vendor: google }, { answer: recognized }, async ({ recognizer }, server) => {
      await recognizer?.recognize(clip, {
        signal,
        modelId: 'latest_long',
        language: 'zh-TW',
        keywords: ['Visavox'],
      });
      expect(server.requests[0]?.path).toBe('/v1/speech:recognize');
      expect(JSON.parse(server.requests[0]?.body.toString() ?? '').config).toMatchObject({
        model: 'latest_long',
        languageCode: 'cmn-Hant-TW',
        speechContexts: [{ phrases: ['Visavox'] }],
      });
    }));

  it('speaks at the pace and rate that are asked for, in the language of the voice', () =>
    withScriptedVendor(
      { vendor: google },
      {
        answer: (request, response) =>
          spoken(
            (async function* () {
              yield toneBytes(0.5, 16_000);
            })(),
          )(request, response),
      },
      async ({ synthesizer }, server) => {
        const request = {
          text: 'Hi.',
          voiceId: 'cmn-CN-Wavenet-A',
          language: 'zh',
          speed: 1.25,
          sampleRateHz: 16_000,
        };
        const rates = [];
        for await (const chunk of synthesizer?.synthesize(request, { signal }) ?? [])
          rates.push(chunk.sampleRateHz);
        expect(rates).toEqual([16_000, 16_000, 16_000]);
        expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toEqual({
          input: { text: 'Hi.' },
          voice: { languageCode: 'cmn-CN', name: 'cmn-CN-Wavenet-A' },
          audioConfig: { audioEncoding: 'LINEAR16', sampleRateHertz: 16_000, speakingRate: 1.25 },
        });
      },
    ));

  it('lists the voices of the account', () =>
    withScriptedVendor(
      { vendor: google },
      {
        answer: (_request, response) =>
          sendJson(response, {
            voices: [
              {
                languageCodes: ['ko-KR'],
                name: 'ko-KR-Chirp3-HD-Achird',
                ssmlGender: 'MALE',
                naturalSampleRateHertz: 24_000,
              },
              { languageCodes: ['cmn-CN'], name: 'cmn-CN-Wavenet-A', ssmlGender: 'FEMALE' },
              { languageCodes: ['en-US'], name: 'en-US-Standard-A', ssmlGender: 'MALE' },
            ],
          }),
      },
      async ({ synthesizer }) => {
        expect(await synthesizer?.fetchVoices?.({ signal })).toEqual([
          {
            id: 'ko-KR-Chirp3-HD-Achird',
            displayName: 'Achird (Google Chirp 3 HD)',
            languages: ['ko-KR'],
            gender: 'male',
            modelIds: ['chirp-3-hd'],
          },
          {
            id: 'cmn-CN-Wavenet-A',
            displayName: 'A (Google WaveNet)',
            languages: ['zh-CN'],
            gender: 'female',
            modelIds: ['wavenet'],
          },
        ]);
      },
    ));
});

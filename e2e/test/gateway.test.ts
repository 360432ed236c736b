/** The voice gateway as a developer meets it: the packed SDK against the server with what a fresh installation has. */
import { Speko, SpekoApiError, SpekoAuthError } from '@spekoai/sdk';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

let server: RunningServer;
let speko: Speko;
const language = 'en';

beforeAll(async () => {
  server = await startTestServer();
  speko = new Speko({ apiKey: server.apiKey, baseUrl: `${server.url}/` });
}, 60_000);
afterAll(() => server?.close());

test('what is spoken is understood again', async (context) => {
  const speech = await speko.synthesize('Good morning. How are you?', { language });
  expect(speech.contentType).toBe('audio/pcm;rate=24000');
  expect(speech.failoverCount).toBe(0);
  const seconds = speech.audio.length / 48_000;
  expect(seconds).toBeGreaterThan(0.8);
  expect(seconds).toBeLessThan(5);
  context.skip(
    (await speko.voices.list()).providers.length === 0 || !(await canHear()),
    'PocketSphinx is not installed',
  );
  const heard = await speko.transcribe(speech.audio, { language, contentType: speech.contentType });
  expect(heard.text.toLowerCase()).toMatch(/good|morning|how|you/);
});

/** Whether a recogniser of whole sentences is here. */
async function canHear(): Promise<boolean> {
  const response = await fetch(`${server.url}/v1/models`, {
    headers: { Authorization: `Bearer ${server.apiKey}` },
  });
  return (await response.text()).includes('pocketsphinx:');
}

test('sound comes while it is made', async () => {
  const stream = await speko.synthesizeStream('One sentence. Another sentence. A third one, to the end.', {
    language,
  });
  let pieces = 0;
  let bytes = 0;
  for await (const chunk of stream) {
    pieces += 1;
    bytes += chunk.length;
  }
  expect(pieces).toBeGreaterThan(1);
  expect(bytes % 2).toBe(0);
});

test('an answer, whole and streamed', async () => {
  const messages = [{ role: 'user' as const, content: 'What is 3 plus 4?' }];
  const answer = await speko.complete({ messages, intent: { language } });
  expect(answer.text).toContain('7');
  expect(answer).toMatchObject({
    provider: 'stand-in',
    failoverCount: 0,
    usage: { promptTokens: expect.any(Number) },
  });
  const names: string[] = [];
  let text = '';
  for await (const event of speko.completeStream({ messages, intent: { language } })) {
    names.push(event.type);
    if (event.type === 'delta') text += event.text;
  }
  expect([names[0], names.at(-1), text]).toEqual(['meta', 'done', answer.text]);
});

test('usage, credit and voices', async () => {
  const usage = await speko.usage.get();
  expect(usage.breakdown.map(({ type }) => type)).toEqual(expect.arrayContaining(['llm', 'tts']));
  expect(usage.currency).toBe('USD');
  expect(await speko.credits.getBalance()).toMatchObject({ currency: 'USD' });
  expect((await speko.credits.getLedger({ limit: 5 })).entries).toEqual([]);
  const { voices, providers } = await speko.voices.list({ provider: 'flite' });
  expect(voices.map(({ id }) => id)).toContain('slt');
  expect(providers).toHaveLength(1);
});

test('errors are the ones that the client knows', async () => {
  const stranger = new Speko({ apiKey: 'sk_live_unknown', baseUrl: server.url });
  await expect(stranger.usage.get()).rejects.toBeInstanceOf(SpekoAuthError);
  const refused = speko.synthesize('안녕하세요', { language: 'tlh' });
  await expect(refused).rejects.toMatchObject({ status: 500, code: 'SYNTHESIZE_FAILED' });
  await expect(refused).rejects.toBeInstanceOf(SpekoApiError);
  const empty = speko.transcribe(new Uint8Array(0), { language });
  await expect(empty).rejects.toMatchObject({
    status: 400,
    code: 'INVALID_AUDIO',
    message: 'Audio body is empty.',
  });
  const nobody = speko.complete({
    messages: [{ role: 'user', content: 'Hi' }],
    intent: { language },
    constraints: { allowedProviders: { llm: ['groq'] } },
  });
  await expect(nobody).rejects.toMatchObject({ status: 500, code: 'COMPLETE_FAILED' });
});

test('a call that is given up ends at once', async () => {
  const controller = new AbortController();
  const running = speko.synthesize('A long text. '.repeat(300), { language }, controller.signal);
  setTimeout(() => controller.abort(), 50);
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
});

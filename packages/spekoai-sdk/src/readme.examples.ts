/** The examples of the README and of docstrings, compiled. */

/* biome-ignore-all assist/source/organizeImports: regions are read one by one */
/* biome-ignore-all lint/suspicious/noConsole: examples show what they got */

// #region complete
import { Speko } from './index.ts';

const speko = new Speko({
  apiKey: process.env['SPEKO_API_KEY'] ?? '',
  baseUrl: 'https://visavox.example.com',
});

const { text, provider, model } = await speko.complete({
  messages: [{ role: 'user', content: 'Where is the Eiffel Tower?' }],
  intent: { language: 'en', optimizeFor: 'latency' },
});
console.log(text, `(${provider} ${model})`);
// #endregion

// #region complete-stream
const controller = new AbortController();
const stream = speko.completeStream(
  { messages: [{ role: 'user', content: 'Tell me a story.' }], intent: { language: 'en' } },
  controller.signal,
);
for await (const event of stream) {
  if (event.type === 'delta') process.stdout.write(event.text);
  if (event.type === 'error') console.error(event.code, event.error);
}
// #endregion

// #region transcribe
import { readFile, writeFile } from 'node:fs/promises';

const recording = await speko.transcribe(await readFile('question.wav'), {
  language: 'es-MX',
  optimizeFor: 'accuracy',
  keywords: ['Visavox'],
});
console.log(recording.text, recording.confidence);
// #endregion

// #region synthesize
const speech = await speko.synthesize('Hello!', { language: 'en', speed: 1.1 });
console.log(speech.contentType); // for example audio/pcm;rate=24000
await writeFile('hello.pcm', speech.audio);
// #endregion

// #region synthesize-stream
const pieces = await speko.synthesizeStream('A long text …', { language: 'en' });
for await (const pcm of pieces) process.stdout.write(pcm);
// #endregion

// #region tools
import type { ChatMessage, ChatTool } from './index.ts';

const tools: ChatTool[] = [
  {
    name: 'get_weather',
    description: 'Tells the weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
];
const messages: ChatMessage[] = [{ role: 'user', content: 'Do I need an umbrella in Seoul?' }];

for (;;) {
  const answer = await speko.complete({ messages, tools, intent: { language: 'en' } });
  if (answer.toolCalls === undefined) {
    console.log(answer.text);
    break;
  }
  messages.push({ role: 'assistant', content: answer.text, toolCalls: answer.toolCalls });
  for (const call of answer.toolCalls) {
    const { city } = JSON.parse(call.args) as { city: string };
    messages.push({ role: 'tool', toolCallId: call.id, content: `It rains in ${city}.` });
  }
}
// #endregion

// #region realtime
declare const microphone: AsyncIterable<Uint8Array>;
declare const speaker: { play(pcm: Uint8Array, sampleRate: number): void; clear(): void };

const session = await speko.realtime.connect({ provider: 'openai', model: 'gpt-realtime' });
session.on((frame) => {
  if (frame.type === 'audio') speaker.play(frame.pcm, frame.sampleRate);
  if (frame.type === 'interruption') speaker.clear();
  if (frame.type === 'transcript' && frame.final) console.log(frame.role, frame.text);
  if (frame.type === 'tool_call') session.sendToolResult(frame.callId, '{"done":true}');
});
for await (const pcm of microphone) session.sendAudio(pcm);
session.close();
// #endregion

// #region agents
const agent = await speko.agents.create({
  name: 'Receptionist',
  systemPrompt: 'You answer the phone of a hotel.',
  intent: { language: 'en', optimizeFor: 'latency' },
});
await speko.agents.tools.create(agent.id, {
  name: 'book_room',
  description: 'Books a room',
  parameters: { type: 'object', properties: { nights: { type: 'integer' } } },
  source: { kind: 'webhook', url: 'https://hotel.example.com/book', secret: 'at least 8 characters' },
});
// #endregion

// #region knowledge
const base = await speko.knowledgeBases.create({ agentId: agent.id, name: 'House rules' });
const { id } = await speko.knowledgeBases.uploadDocument(base.id, {
  filename: 'rules.md',
  contentType: 'text/markdown',
  data: await readFile('rules.md'),
});
await speko.knowledgeBases.pollDocumentReady(base.id, id);
// #endregion

// #region sessions
for await (const event of speko.sessions.stream('session id', { signal: controller.signal })) {
  if (event.type === 'transcript') console.log(event.turn.source, event.turn.text);
}
const { entries } = await speko.sessions.transcript('session id');
console.log(entries.length, 'turns');
// #endregion

// #region usage
const { totalMinutes, breakdown } = await speko.usage.get({ from: '2026-01-01T00:00:00Z' });
for (const row of breakdown) console.log(row.provider, row.metric, row.quantity, row.cost);
console.log(totalMinutes, (await speko.credits.getBalance()).balanceUsd);
const { voices } = await speko.voices.list({ provider: 'cartesia' });
console.log(voices.map(({ vendor, id }) => `${vendor} ${id}`));
// #endregion

// #region calls
const call = await speko.voice.dial({ to: '+15551234567', agentId: agent.id });
await speko.calls.warmTransfer(call.sessionId, { destinations: [{ to: '+15557654321' }] });
const { callbacks } = await speko.callbacks.list({ status: 'scheduled' });
const numbers = await speko.phoneNumbers.list();
console.log(callbacks.length, numbers.length);
// #endregion

// #region webhooks
const webhook = await speko.webhooks.create({
  name: 'Reports',
  url: 'https://hotel.example.com/reports',
  events: ['call.report'],
});
const { data } = await speko.webhooks.deliveries.list({ endpointId: webhook.id, status: 'failed' });
for (const delivery of data) await speko.webhooks.deliveries.redeliver(delivery.id);
// #endregion

import { SpekoApiError, SpekoAuthError, SpekoRateLimitError } from './index.ts';

// #region errors
try {
  await speko.complete({ messages, intent: { language: 'en' } });
} catch (error) {
  if (error instanceof SpekoRateLimitError) console.error('wait', error.retryAfter ?? 1, 'seconds');
  else if (error instanceof SpekoAuthError) console.error('check the API key');
  else if (error instanceof SpekoApiError) console.error(error.status, error.code, error.message);
  else throw error; // The network, or an abort: error.name is 'AbortError'.
}
// #endregion

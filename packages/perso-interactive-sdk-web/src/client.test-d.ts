/** Calls that must compile, in both forms, and their types. */

import { expectTypeOf } from 'vitest';
import * as client from './client.ts';
import * as server from './server.ts';

declare const tools: client.ChatTool[];
declare const session: client.Session;

const params = { using_stf_webrtc: true, model_style: 'm', prompt: 'p' };

for (const entry of [client, server]) {
  expectTypeOf(entry.createSessionId({ apiKey: 'k', params })).toEqualTypeOf<Promise<string>>();
  expectTypeOf(entry.createSessionId({ apiKey: 'k', sessionTemplateId: 't', apiServer: 'a' })).toEqualTypeOf<
    Promise<string>
  >();
  expectTypeOf(entry.createSessionId('a', 'k', params)).toEqualTypeOf<Promise<string>>();
  expectTypeOf(entry.createSessionId('a', 'k', 't')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(entry.getLLMs({ apiKey: 'k' })).resolves.toBeAny();
  expectTypeOf(entry.getLLMs('a', 'k')).resolves.toBeAny();
  expectTypeOf(entry.getAllSettings({ apiKey: 'k' })).resolves.toBeAny();
  expectTypeOf(entry.getSessionTemplates('a', 'k')).resolves.toEqualTypeOf<client.SessionTemplate[]>();
  expectTypeOf(entry.getSessionInfo({ sessionId: 's' })).resolves.toBeAny();
  expectTypeOf(entry.makeTTS({ sessionId: 's', text: 't' })).resolves.toEqualTypeOf<{ audio: string }>();
  expectTypeOf(entry.makeTTS('a', { sessionId: 's', text: 't' })).resolves.toEqualTypeOf<{ audio: string }>();
  expectTypeOf(
    entry.getTextNormalization('a', 'k', 'c'),
  ).resolves.toEqualTypeOf<client.TextNormalizationDownload>();
}

expectTypeOf(server.getIntroMessage({ apiKey: 'k', promptId: 'p' })).resolves.toBeString();
expectTypeOf(server.getSessionTemplate('a', 'k', 't')).resolves.toEqualTypeOf<server.SessionTemplate>();
expectTypeOf(server.PersoUtilServer.getPrompts('a', 'k')).resolves.toBeAny();

const options = { sessionId: 's', width: 1, height: 1, clientTools: tools };
expectTypeOf(client.createSession(options)).resolves.toEqualTypeOf<client.Session>();
expectTypeOf(client.createSession('a', 's', 1, 1, tools)).resolves.toEqualTypeOf<client.Session>();
expectTypeOf(client.createSession('a', 's', 1, 1, true)).resolves.toEqualTypeOf<client.Session>();
expectTypeOf(client.createSession('a', 's', 1, 1, false, tools)).resolves.toEqualTypeOf<client.Session>();
// @ts-expect-error: a session id is needed.
client.createSession({ width: 1, height: 1, clientTools: [] });
// @ts-expect-error: either options or a template.
client.createSessionId({ apiKey: 'k' });

// Tools with typed arguments and results go into one array.
const typed: client.ChatTool[] = [
  new client.ChatTool('a', 'd', {}, async ({ x }: { x: number }) => ({ y: x })),
  new client.ChatTool<{ z: string }, { w: number }>('b', 'd', {}, ({ z }) => ({ w: z.length }), true),
  new client.ChatTool('c', 'd', {}, (arg) => ({ anything: arg.anything })),
];
session.clientTools = typed;

expectTypeOf(client.ChatState.LLM).toExtend<client.ChatState>();
session.subscribeChatStates((states) => expectTypeOf(states).toEqualTypeOf<Set<client.ChatState>>());
session.subscribeChatLog((log) => expectTypeOf(log).toEqualTypeOf<client.Chat[]>());
session.onClose((manual) => expectTypeOf(manual).toBeBoolean());
session.logSessionEvent({ a: 1 });
expectTypeOf(session.processTTS('x', { resample: true })).resolves.toEqualTypeOf<Blob | undefined>();
expectTypeOf(session.processLLM({ message: 'x' })).toEqualTypeOf<AsyncGenerator<client.LLMStreamChunk>>();
expectTypeOf(session.getMessageHistory()).toEqualTypeOf<ReadonlyArray<object>>();
expectTypeOf(session.lastRecordedAudioFile).toEqualTypeOf<File | null>();
expectTypeOf(client.DEFAULT_API_SERVER).toExtend<string>();
expectTypeOf(client.TTS_TARGET_SAMPLE_RATE).toExtend<number>();
expectTypeOf(new client.WavRecorder().stop()).resolves.toEqualTypeOf<File>();

// The documented types, by name.
export type ClientTypes = [
  ...[client.Chat, client.LLMStreamChunk, client.ProcessLLMOptions, client.LlmProcessorCallbacks],
  ...[client.LlmProcessorConfig, client.WavRecorderOptions, client.TextNormalizationDownload],
  ...[
    client.SessionTemplate,
    client.Prompt,
    client.LLMType,
    client.TTSType,
    client.STTType,
    client.STTResponse,
  ],
  ...[client.ModelStyle, client.BackgroundImage, client.Document, client.MCPServer, client.SessionCapability],
  ...[client.TextNormalizationConfig, client.ModelStyleConfig, client.AIHumanModelFile, client.ApiKeyOptions],
  ...[client.GetTextNormalizationOptions, client.GetSessionTemplateOptions, client.MakeTTSOptions],
  ...[client.GetSessionInfoOptions, client.CreateSessionObjectOptions],
];
export type ServerTypes = [
  ...[server.ApiKeyOptions, server.GetTextNormalizationOptions, server.GetSessionTemplateOptions],
  ...[server.MakeTTSOptions, server.GetSessionInfoOptions, server.SessionTemplate, server.STTResponse],
];

// What this SDK adds.
const { signal } = new AbortController();
client.createSession({
  ...options,
  recovery: false,
  signal,
  onMilestone: (milestone) => expectTypeOf(milestone).toEqualTypeOf<client.Milestone>(),
});
session.onClose((manual, close) => {
  expectTypeOf(manual).toBeBoolean();
  expectTypeOf(close).toEqualTypeOf<client.SessionClose>();
  expectTypeOf(close.cause).toEqualTypeOf<client.SessionCloseCause>();
  expectTypeOf(close.terminationReason()).resolves.toEqualTypeOf<string | null>();
});
session.subscribeConnection((state) => expectTypeOf(state).toEqualTypeOf<client.ConnectionState>());
session.subscribeTimings((timings) => expectTypeOf(timings).toEqualTypeOf<client.TurnTimings>());
expectTypeOf({ signal }).toExtend<client.SignalOptions>();
client.getLLMs({ apiKey: 'k', signal });
server.PersoUtilServer.getPrompts('a', 'k', { signal });
session.processChat('x', { signal });
session.processTTS('x', { signal });
session.processSTF(new Blob([]), 'wav', '', { signal });
session.transcribeAudio(new Blob([]), 'ko', { signal });
session.startProcessSTT(1, { signal });
session.stopProcessSTT('ko', { signal });
session.logSessionEvent({ a: 1 }, { signal });
session.clearBuffer({ signal });

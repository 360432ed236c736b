/** The Perso API: each operation of the contract bound to the part that does it. */
import { concatSamples, encodePcm16, encodeWav, type PcmClip, resampleClip } from '@visavox/audio';
import {
  createEventRequest,
  createSessionRequest,
  exchangeRequest,
  llmRequest,
  MAX_LLM_MESSAGES_BYTES,
  MAX_LLM_TOOLS_BYTES,
  PlatformError,
  type persoRoutes,
  type TtsOutputFormat,
  ttsRequest,
} from '@visavox/contract';
import { AudioDecodeError } from '../../audio-files/index.ts';
import type { Catalogue } from '../../routing/catalogue.ts';
import { DEFAULT_NAMES, hasCapability, type Sessions } from '../../sessions/sessions.ts';
import type { SessionRow, Store } from '../../store/store.ts';
import type { Log } from '../../telemetry/log.ts';
import { splitSentences } from '../../text/index.ts';
import { think } from '../../turns/think.ts';
import { speakSentence, transcribe } from '../../turns/voice.ts';
import { readForm, readJson } from '../body.ts';
import { toPlatformError } from '../errors.ts';
import { streamLlmEvents } from './llm-stream.ts';
import { CAPABILITY_DESCRIPTIONS, type ModelStyleEntry, type View } from './view.ts';

const MAX_JSON_BYTES = 1024 * 1024;
const MAX_STT_BYTES = 25 * 1024 * 1024;
const MAX_STT_SECONDS = 600;

export interface PersoContext {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly catalogue: Catalogue;
  readonly modelStyles: readonly ModelStyleEntry[];
  readonly iceServers: readonly unknown[];
  readonly log: Log;
  readonly decodeAudio: (
    bytes: Uint8Array,
    options: { readonly signal: AbortSignal; readonly maxSeconds: number },
  ) => Promise<PcmClip>;
}

export interface PersoCall {
  readonly request: Request;
  readonly view: View;
  /** Parameters of the path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The organization of the key; undefined when there is none (operations that need none). */
  readonly organizationId: string | undefined;
}

export type OperationId = (typeof persoRoutes)[number]['operationId'];
type Handler = (call: PersoCall) => Promise<Response | object>;

export function createPersoHandlers(context: PersoContext): Readonly<Record<OperationId, Handler>> {
  const { store, sessions, catalogue, log } = context;

  const organizationOf = (call: PersoCall): string => {
    if (call.organizationId === undefined)
      throw new Error('An operation with a key ran without an organization.');
    return call.organizationId;
  };
  const sessionIdOf = (call: PersoCall): string => call.parameters['session_id'] ?? '';

  const requireCapability = (row: SessionRow, name: 'LLM' | 'TTS' | 'STT'): void => {
    if (hasCapability(row, name)) return;
    throw new PlatformError('invalid', `The session was created without the capability ${name}.`, {
      attr: 'capability',
    });
  };

  return {
    listLlmTypes: async () => catalogue.llmTypes,
    listTtsTypes: async () => catalogue.ttsTypes,
    listSttTypes: async () => catalogue.sttTypes,
    listModelStyles: async ({ query, view }) => {
      const platform = query.get('platform_type');
      return context.modelStyles
        .map(view.modelStyle)
        .filter((style) => platform === null || style.platform_type === platform);
    },
    listMcpServers: async () => [],
    listTextNormalizationConfigs: async () => [],
    listCapabilities: async () =>
      Object.entries(CAPABILITY_DESCRIPTIONS).map(([name, description]) => ({ name, description })),
    listBackgroundImages: async (call) =>
      (await store.listBackgroundImages(organizationOf(call))).map(call.view.backgroundImage),
    listPrompts: async (call) =>
      (await store.listPrompts(organizationOf(call))).map((row) =>
        call.view.prompt(row, { withSystemPrompt: true }),
      ),
    listDocuments: async () => [],
    listSessionTemplates: async () => [],

    createSession: async (call) => {
      const { value, raw } = await readJson(call.request, createSessionRequest, MAX_JSON_BYTES);
      const keys = new Set(Object.keys(Object(raw)));
      const row = await sessions.create(organizationOf(call), value, {
        hasCapability: keys.has('capability'),
        hasUsingStfWebrtc: keys.has('using_stf_webrtc'),
      });
      return Response.json(call.view.createdSession(row), { status: 201 });
    },
    getSession: async (call) => {
      const row = await sessions.read(sessionIdOf(call));
      const [prompt, backgroundImage] = await Promise.all([
        row.promptId === null ? undefined : store.findPrompt(row.promptId),
        row.backgroundImageId === null ? undefined : store.findBackgroundImage(row.backgroundImageId),
      ]);
      return call.view.sessionInfo(row, {
        prompt,
        backgroundImage,
        withSystemPrompt: call.organizationId === row.organizationId,
      });
    },
    getIceServers: async (call) => {
      await sessions.requireLive(sessionIdOf(call));
      return { ice_servers: context.iceServers };
    },
    exchangeSdp: async (call) => {
      await sessions.requireLive(sessionIdOf(call));
      const { value } = await readJson(call.request, exchangeRequest, MAX_JSON_BYTES);
      const sdp = await sessions.exchange(sessionIdOf(call), value.client_sdp.sdp, {
        signal: call.request.signal,
      });
      return { server_sdp: { type: 'answer', sdp } };
    },
    createSessionEvent: async (call) => {
      const session = await sessions.requireLive(sessionIdOf(call));
      const { value } = await readJson(call.request, createEventRequest, MAX_JSON_BYTES);
      const event = await session.recordEvent(value.event, value.detail);
      return Response.json(call.view.sessionEvent(event), { status: 201 });
    },

    streamLlm: async (call) => {
      const session = await sessions.requireLive(sessionIdOf(call));
      requireCapability(session.row, 'LLM');
      const { value, raw } = await readJson(
        call.request,
        llmRequest,
        MAX_LLM_MESSAGES_BYTES + MAX_LLM_TOOLS_BYTES + 1024,
      );
      checkLlmSizes(raw);
      const model = catalogue.findLanguageModel(session.row.llmType ?? DEFAULT_NAMES.llmType);
      if (model === undefined) throw new PlatformError('unavailable', 'No language model is available.');
      const prompt = session.row.promptId === null ? undefined : await store.findPrompt(session.row.promptId);
      const stop = new AbortController();
      const signal = AbortSignal.any([call.request.signal, session.signal, stop.signal]);
      return streamLlmEvents(
        think(
          { model, systemPrompt: prompt?.systemPrompt ?? '', messages: value.messages, tools: value.tools },
          { signal },
        ),
        {
          onCancel: () => stop.abort(),
          explain(error) {
            if (!signal.aborted) return toPlatformError(error, log).message;
            return signal.reason instanceof PlatformError
              ? signal.reason.message
              : 'The request was given up.';
          },
        },
      );
    },

    synthesizeSpeech: async (call) => {
      const session = await sessions.requireLive(sessionIdOf(call));
      requireCapability(session.row, 'TTS');
      const { value } = await readJson(call.request, ttsRequest, MAX_JSON_BYTES);
      const text = value.text.trim();
      if (text === '') throw new PlatformError('blank', 'This field may not be blank.', { attr: 'text' });
      const format = value.output_format ?? value.format ?? 'wav';
      const signal = AbortSignal.any([call.request.signal, session.signal]);
      const pieces: PcmClip[] = [];
      for (const sentence of splitSentences(text)) {
        for await (const chunk of speakSentence(catalogue, sentence, {
          ttsType: session.row.ttsType ?? DEFAULT_NAMES.ttsType,
          locale: value.locale ?? undefined,
          signal,
        })) {
          pieces.push(chunk);
        }
      }
      const audio = encodeSpeech(pieces, format);
      return { audio: Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString('base64') };
    },
    transcribeSpeech: async (call) => {
      const session = await sessions.requireLive(sessionIdOf(call));
      requireCapability(session.row, 'STT');
      const form = await readForm(call.request, MAX_STT_BYTES);
      const audio = form.get('audio');
      if (!(audio instanceof Blob)) {
        throw new PlatformError('required', 'A file is required in the form field "audio".', {
          attr: 'audio',
        });
      }
      const language = form.get('language');
      if (language !== null && (typeof language !== 'string' || language.length > 10)) {
        throw new PlatformError('invalid', 'language must be a short tag such as ko, en or ja.', {
          attr: 'language',
        });
      }
      const signal = AbortSignal.any([call.request.signal, session.signal]);
      const clip = await decodeOrExplain(context, new Uint8Array(await audio.arrayBuffer()), signal);
      if (clip.samples.length === 0) return { text: '' };
      const transcript = await transcribe(catalogue, clip, {
        sttType: session.row.sttType ?? DEFAULT_NAMES.sttType,
        language: language === null || language === '' ? undefined : language,
        signal,
      });
      return {
        text: transcript.text,
        ...(transcript.language === undefined ? {} : { locale: transcript.language }),
      };
    },
  };
}

async function decodeOrExplain(
  context: PersoContext,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<PcmClip> {
  try {
    return await context.decodeAudio(bytes, { signal, maxSeconds: MAX_STT_SECONDS });
  } catch (error) {
    if (!(error instanceof AudioDecodeError)) throw error;
    throw new PlatformError('invalid', error.message, { attr: 'audio', cause: error });
  }
}

/** Limits of section 4.2.4, each on its own field. */
function checkLlmSizes(raw: unknown): void {
  const { messages, tools } = Object(raw) as { messages?: unknown; tools?: unknown }; // parsed JSON object
  for (const [attr, value, maxBytes] of [
    ['messages', messages, MAX_LLM_MESSAGES_BYTES],
    ['tools', tools, MAX_LLM_TOOLS_BYTES],
  ] as const) {
    if (value === undefined || value === null) continue;
    if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) {
      throw new PlatformError('payload_too_large', `${attr} may have ${maxBytes} bytes of JSON at most.`, {
        attr,
      });
    }
  }
}

/** Joins speech and writes it in the wished format. Pieces of different voices may differ in rate. */
function encodeSpeech(pieces: readonly PcmClip[], format: TtsOutputFormat): Uint8Array {
  const [container, rate] = format.split('_');
  if (container === 'mp3') {
    throw new PlatformError('invalid_choice', 'MP3 output is not available on this server; use wav or pcm.', {
      attr: 'output_format',
    });
  }
  const sampleRateHz = rate === undefined ? (pieces[0]?.sampleRateHz ?? 16_000) : Number(rate);
  const samples = concatSamples(pieces.map((piece) => resampleClip(piece, sampleRateHz).samples));
  return container === 'pcm' ? encodePcm16(samples) : encodeWav({ samples, sampleRateHz });
}

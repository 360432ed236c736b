/** The Perso API: each operation of the contract bound to the part that does it. */
import { concatSamples, encodePcm16, encodeWav, type PcmClip, resampleClip } from '@visavox/audio';
import {
  createEventRequest,
  createSessionRequest,
  encodeLlmEvent,
  encodeV1Line,
  exchangeRequest,
  type IceServer,
  llmRequest,
  llmV1Request,
  MAX_LLM_MESSAGES_BYTES,
  MAX_LLM_TOOLS_BYTES,
  PlatformError,
  type persoRoutes,
  type TtsOutputFormat,
  ttsRequest,
} from '@visavox/contract';
import { AudioDecodeError, encodeMp3, isMp3Rate } from '../../audio-files/index.ts';
import type { Catalogue } from '../../routing/catalogue.ts';
import { hasCapability } from '../../sessions/features.ts';
import type { LiveSession } from '../../sessions/live-session.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { KeyOwner, SessionRow, Store } from '../../store/store.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call, Handler } from '../bind.ts';
import { readForm, readJson } from '../body.ts';
import { toPlatformError } from '../errors.ts';
import { PLAIN_LINES, streamEvents } from '../event-lines.ts';
import { textNormalizationPath } from '../media-paths.ts';
import type { SignedLinks } from '../signed-links.ts';

import { findProblems, loadParts } from './parts.ts';
import { CAPABILITY_DESCRIPTIONS, createView, type ModelStyleEntry, type View } from './view.ts';

const MAX_JSON_BYTES = 1024 * 1024;
const MAX_STT_BYTES = 25 * 1024 * 1024;
const MAX_STT_SECONDS = 600;
const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;

export interface PersoContext {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly catalogue: Catalogue;
  readonly modelStyles: readonly ModelStyleEntry[];
  readonly iceServers: readonly IceServer[];
  readonly links: SignedLinks;
  readonly log: Log;
  readonly now: () => Date;
  readonly decodeAudio: (
    bytes: Uint8Array,
    options: { readonly signal: AbortSignal; readonly maxSeconds: number },
  ) => Promise<PcmClip>;
}

export type OperationId = (typeof persoRoutes)[number]['operationId'];

export function createPersoHandlers(context: PersoContext): Readonly<Record<OperationId, Handler>> {
  const { store, sessions, catalogue, links, log } = context;
  const modelStyleNames = context.modelStyles.map(({ name }) => name);

  const viewOf = (call: Call): View => createView({ ...context, baseUrl: call.baseUrl });
  const liveSession = (call: Call): Promise<LiveSession> => sessions.requireLive(idOf(call, 'session_id'));

  const sessionInfo = async (call: Call, row: SessionRow) =>
    viewOf(call).sessionInfo(row, {
      ...(await loadParts(store, row)),
      withSystemPrompt: call.caller?.organization.id === row.organizationId,
    });

  /** What a client may read of a failure in the middle of a stream. */
  const explain =
    (signal: AbortSignal) =>
    (error: unknown): string => {
      if (!signal.aborted) return toPlatformError(error, log).message;
      return signal.reason instanceof PlatformError ? signal.reason.message : 'The request was given up.';
    };

  return {
    listLlmTypes: async (call) => allowed(catalogue.llmTypes, callerOf(call).organization.features.llmTypes),
    listTtsTypes: async (call) => allowed(catalogue.ttsTypes, callerOf(call).organization.features.ttsTypes),
    listSttTypes: async (call) => allowed(catalogue.sttTypes, callerOf(call).organization.features.sttTypes),
    listSttTypesV2: async (call) =>
      allowed(catalogue.sttTypes, callerOf(call).organization.features.sttTypes).map((type) => ({
        ...type,
        mode: 'NON_STREAMING' as const,
        end_of_turn_detection: false,
      })),
    listModelStyles: async (call) => {
      const platform = call.query.get('platform_type');
      return allowed(context.modelStyles, callerOf(call).organization.features.modelStyles)
        .map(viewOf(call).modelStyle)
        .filter((style) => platform === null || style.platform_type === platform);
    },
    listMcpServers: async (call) =>
      (await store.mcpServers.list(callerOf(call).organization.id)).map(viewOf(call).mcpServer),
    listTextNormalizationConfigs: async (call) =>
      (await store.textNormalizationConfigs.list(callerOf(call).organization.id)).map(
        viewOf(call).textNormalizationConfig,
      ),
    downloadTextNormalizationConfig: async (call) => {
      const id = idOf(call, 'config_id');
      const found = await store.textNormalizationConfigs.findFor(callerOf(call).organization.id, id);
      if (found?.usable !== true) {
        throw new PlatformError('not_found', `Text normalisation config ${id} does not exist.`);
      }
      return {
        config_id: found.row.id,
        config_name: found.row.name,
        file_url: call.baseUrl + links.link(textNormalizationPath(`${found.row.id}.csv`)),
      };
    },
    listCapabilities: async () =>
      Object.entries(CAPABILITY_DESCRIPTIONS).map(([name, description]) => ({ name, description })),
    listBackgroundImages: async (call) =>
      (await store.backgroundImages.list(callerOf(call).organization.id)).map(viewOf(call).backgroundImage),
    listPrompts: async (call) => {
      const view = viewOf(call);
      const rows = await store.prompts.list(callerOf(call).organization.id);
      return rows.map((row) => view.prompt(row, { withSystemPrompt: true }));
    },
    listDocuments: async (call) =>
      (await store.documents.list(callerOf(call).organization.id)).map(viewOf(call).document),
    listSessionTemplates: async (call) => {
      const view = viewOf(call);
      const rows = await store.sessionTemplates.list(callerOf(call).organization.id);
      const loaded = await Promise.all(
        rows.map(async (row) => ({ row, parts: await loadParts(store, row) })),
      );
      // Clients read prompt and style without a check, so a template that lost one is not listed.
      return loaded
        .filter(({ row, parts }) => findProblems(row, parts, modelStyleNames).length === 0)
        .map(({ row, parts }) => view.sessionTemplate(row, parts));
    },
    getSessionTemplate: async (call) => {
      const id = idOf(call, 'template_id');
      const found = await store.sessionTemplates.findFor(callerOf(call).organization.id, id);
      if (found?.usable !== true) {
        throw new PlatformError('not_found', `Session template ${id} does not exist.`);
      }
      const { row } = found;
      const parts = await loadParts(store, row);
      const [problem] = findProblems(row, parts, modelStyleNames);
      if (problem !== undefined) {
        throw new PlatformError('does_not_exist', `The template cannot be used: ${problem.detail}`, {
          attr: problem.attr,
        });
      }
      // Clients read a template in order to create a session from it.
      const lastUsedAt = context.now();
      await store.sessionTemplates.update(row.id, { lastUsedAt });
      return viewOf(call).sessionTemplate({ ...row, lastUsedAt }, parts);
    },

    createSession: async (call) => {
      const { value, raw } = await readJson(call.request, createSessionRequest, MAX_JSON_BYTES);
      const keys = new Set(Object.keys(Object(raw)));
      const row = await sessions.create(callerOf(call).organization, value, {
        hasCapability: keys.has('capability'),
        hasUsingStfWebrtc: keys.has('using_stf_webrtc'),
      });
      return viewOf(call).createdSession(row);
    },
    getSession: async (call) => sessionInfo(call, await sessions.read(idOf(call, 'session_id'))),
    listSessions: async (call) => {
      const { rows, next } = await pageOfSessions(store, callerOf(call).organization.id, call.query);
      return { results: await Promise.all(rows.map((row) => sessionInfo(call, row))), next };
    },
    deleteSession: async (call) => {
      const row = await sessions.read(idOf(call, 'session_id'));
      if (row.organizationId !== callerOf(call).organization.id) {
        throw new PlatformError('not_found', `Session ${row.id} does not exist.`);
      }
      await sessions.end(row.id, 'GRACEFUL_TERMINATION');
      return undefined;
    },
    getIceServers: async (call) => {
      await liveSession(call);
      return { ice_servers: context.iceServers };
    },
    exchangeSdp: async (call) => {
      const session = await liveSession(call);
      const { value } = await readJson(call.request, exchangeRequest, MAX_JSON_BYTES);
      const sdp = await session.exchange(value.client_sdp.sdp, {
        recoverable: value.recoverable,
        recover: value.recover,
        signal: call.request.signal,
      });
      return {
        server_sdp: { type: 'answer', sdp },
        ...(value.recoverable === true
          ? { recovery: { window_sec: Math.floor(sessions.recoveryWindowMs / 1000) } }
          : {}),
      };
    },
    createSessionEvent: async (call) => {
      const session = await liveSession(call);
      const { value } = await readJson(call.request, createEventRequest, MAX_JSON_BYTES);
      return viewOf(call).sessionEvent(await session.recordEvent(value.event, value.detail));
    },

    streamLlmV1: async (call) => {
      const session = await liveSession(call);
      requireCapability(session.row, 'LLM');
      session.conversation.requireModel();
      const { value } = await readJson(call.request, llmV1Request, MAX_JSON_BYTES);
      if (value.message.trim() === '') {
        throw new PlatformError('blank', 'This field may not be blank.', { attr: 'message' });
      }
      const stop = new AbortController();
      const signal = AbortSignal.any([call.request.signal, session.signal, stop.signal]);
      const explained = explain(signal);
      return streamEvents(
        session.conversation.reply(value.message, { clearHistory: value.clear_history, signal }),
        {
          encode: (sentence) => encodeV1Line({ sentence }),
          encodeFailure: (error) => encodeV1Line({ reason: explained(error) }),
          onCancel: () => stop.abort(),
          headers: PLAIN_LINES,
        },
      );
    },
    streamLlm: async (call) => {
      const session = await liveSession(call);
      requireCapability(session.row, 'LLM');
      session.conversation.requireModel();
      const { value, raw } = await readJson(
        call.request,
        llmRequest,
        MAX_LLM_MESSAGES_BYTES + MAX_LLM_TOOLS_BYTES + 1024,
      );
      checkLlmSizes(raw);
      const stop = new AbortController();
      const signal = AbortSignal.any([call.request.signal, session.signal, stop.signal]);
      const explained = explain(signal);
      return streamEvents(
        session.conversation.answer({ messages: value.messages, clientTools: value.tools }, { signal }),
        {
          encode: encodeLlmEvent,
          encodeFailure: (error) => encodeLlmEvent({ type: 'fail', reason: explained(error) }),
          onCancel: () => stop.abort(),
          headers: PLAIN_LINES,
        },
      );
    },

    synthesizeSpeech: async (call) => {
      const session = await liveSession(call);
      requireCapability(session.row, 'TTS');
      const { value } = await readJson(call.request, ttsRequest, MAX_JSON_BYTES);
      const text = value.text.trim();
      if (text === '') throw new PlatformError('blank', 'This field may not be blank.', { attr: 'text' });
      const format = value.output_format ?? value.format ?? 'wav';
      const signal = AbortSignal.any([call.request.signal, session.signal]);
      const prepared = await session.speech.prepare(text, { locale: value.locale ?? undefined });
      const pieces: PcmClip[] = [];
      for (const sentence of prepared.sentences) {
        const speech = session.speech.speak(sentence, { locale: value.locale ?? undefined, signal });
        for await (const chunk of speech) pieces.push(chunk);
      }
      const audio = await encodeSpeech(pieces, format, signal);
      return {
        audio: Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString('base64'),
        locale: prepared.locale,
        normalized_text: prepared.text,
      };
    },
    transcribeSpeech: async (call) => {
      const session = await liveSession(call);
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
      const heard = await session.speech.transcribe(clip, {
        language: language === null || language === '' ? undefined : language,
        signal,
      });
      return {
        text: heard.text,
        ...(heard.locale === undefined ? {} : { locale: heard.locale }),
        normalized_text: heard.normalizedText,
      };
    },
  };
}

/** @throws when an operation that needs a key ran without one, which its route description forbids. */
export function callerOf(call: Call): KeyOwner {
  if (call.caller === undefined) throw new Error('An operation with a key ran without an organization.');
  return call.caller;
}

export function idOf(call: Call, name: string): string {
  return call.parameters[name] ?? '';
}

/** Newest first. `next` is null on the last page. */
export async function pageOfSessions(
  store: Store,
  organizationId: string,
  query: URLSearchParams,
): Promise<{ readonly rows: readonly SessionRow[]; readonly next: string | null }> {
  const limit = Number(query.get('limit') ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new PlatformError('invalid', `limit must be a number from 1 to ${MAX_PAGE}.`, { attr: 'limit' });
  }
  const beforeId = query.get('before');
  const before = beforeId === null ? undefined : await store.sessions.find(beforeId);
  if (beforeId !== null && before?.organizationId !== organizationId) {
    throw new PlatformError('does_not_exist', `Session ${beforeId.slice(0, 64)} does not exist.`, {
      attr: 'before',
    });
  }
  const rows = await store.sessions.list(organizationId, { limit, before });
  return { rows, next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null };
}

function allowed<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
  names: readonly string[] | undefined,
): readonly Entry[] {
  return names === undefined ? entries : entries.filter(({ name }) => names.includes(name));
}

function requireCapability(row: SessionRow, name: 'LLM' | 'TTS' | 'STT'): void {
  if (hasCapability(row, name)) return;
  throw new PlatformError('invalid', `The session was created without the capability ${name}.`, {
    attr: 'capability',
  });
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
async function encodeSpeech(
  pieces: readonly PcmClip[],
  format: TtsOutputFormat,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const [container, rate] = format.split('_');
  const spokenRateHz = pieces[0]?.sampleRateHz ?? 16_000;
  const ownRateHz = container === 'mp3' && !isMp3Rate(spokenRateHz) ? 44_100 : spokenRateHz;
  const sampleRateHz = rate === undefined ? ownRateHz : Number(rate);
  const samples = concatSamples(pieces.map((piece) => resampleClip(piece, sampleRateHz).samples));
  if (container === 'mp3') return encodeMp3({ samples, sampleRateHz }, { signal });
  return container === 'pcm' ? encodePcm16(samples) : encodeWav({ samples, sampleRateHz });
}

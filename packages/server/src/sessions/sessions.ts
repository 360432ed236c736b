/** Creates sessions from validated requests, finds them, and ends them all when the server stops. */
import { randomBytes } from 'node:crypto';
import {
  type CapabilityName,
  type CreateSessionRequest,
  PlatformError,
  type TerminationReason,
} from '@visavox/contract';
import type { MediaPool } from '../media/pool.ts';
import type { Scene } from '../media/protocol.ts';
import type { Catalogue } from '../routing/catalogue.ts';
import type { SessionRow, Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { detectLanguage, splitSentences } from '../text/index.ts';
import { speakSentence } from '../turns/voice.ts';
import { LiveSession, type LiveSessionOptions } from './live-session.ts';

export interface SessionsOptions {
  readonly nodeId: string;
  readonly store: Store;
  readonly media: MediaPool;
  readonly catalogue: Catalogue;
  readonly modelStyleNames: readonly string[];
  readonly log: Log;
  readonly startWindowMs: number;
  readonly now: () => Date;
  readonly analyse: LiveSessionOptions['analyse'];
  readonly decodeAudio: LiveSessionOptions['decodeAudio'];
}

export interface Sessions {
  /** @throws {PlatformError} when a reference does not exist or the capabilities do not fit together. */
  create(organizationId: string, request: CreateSessionRequest, raw: RawRequest): Promise<SessionRow>;
  /** Live or ended. @throws {PlatformError} `not_found`. */
  read(sessionId: string): Promise<SessionRow>;
  /** @throws {PlatformError} `not_found`, or `session_terminated` for one that has ended. */
  requireLive(sessionId: string): Promise<LiveSession>;
  /** Answers a WebRTC offer. @throws {PlatformError} */
  exchange(sessionId: string, offerSdp: string, options: { readonly signal: AbortSignal }): Promise<string>;
  readonly liveCount: number;
  /** Ends every session. Idempotent. */
  close(): Promise<void>;
}

/** Which of the keys that tell client generations apart were in the request. */
export interface RawRequest {
  readonly hasCapability: boolean;
  readonly hasUsingStfWebrtc: boolean;
}

const REASON_OF_STOP: TerminationReason = 'GRACEFUL_TERMINATION';

export const DEFAULT_NAMES = { llmType: 'gpt-35', ttsType: 'yuri', sttType: 'default' } as const;

/** Whether the session may use a feature. A session without declared capabilities has those its types imply. */
export function hasCapability(row: SessionRow, name: CapabilityName): boolean {
  if (row.capability.includes(name)) return true;
  if (!row.legacyClient) return false;
  return (
    (name === 'LLM' && row.llmType !== null) ||
    (name === 'TTS' && row.ttsType !== null) ||
    (name === 'STT' && row.sttType !== null)
  );
}

export function createSessions(options: SessionsOptions): Sessions {
  const { store, catalogue, log } = options;
  const live = new Map<string, LiveSession>();
  let closed = false;

  const requireLive = async (sessionId: string): Promise<LiveSession> => {
    const session = live.get(sessionId);
    if (session !== undefined) return session;
    const row = await store.findSession(sessionId);
    if (row === undefined) throw unknownSession(sessionId);
    throw new PlatformError(
      'session_terminated',
      `The session has ended (${row.terminationReason}). Please create a new one.`,
    );
  };

  const sceneOf = async (row: SessionRow): Promise<Scene> => {
    const image =
      row.backgroundImageId === null ? undefined : await store.findBackgroundImage(row.backgroundImageId);
    return {
      modelStyle: row.modelStyle ?? '',
      placement: { left: row.paddingLeft ?? 0, top: row.paddingTop ?? 0, height: row.paddingHeight ?? 1 },
      ...(image === undefined ? {} : { background: image.image }),
    };
  };

  return {
    get liveCount() {
      return live.size;
    },
    async create(organizationId, request, raw) {
      if (closed) throw stopping();
      const capability = request.capability ?? ['STF_WEBRTC'];
      checkCapabilities(capability, request);
      await checkReferences(organizationId, request, options);
      const row: SessionRow = {
        id: randomBytes(16).toString('hex'),
        organizationId,
        nodeId: options.nodeId,
        status: 'CREATED',
        terminationReason: null,
        capability,
        legacyClient: !raw.hasCapability && !raw.hasUsingStfWebrtc,
        promptId: request.prompt,
        documentId: request.document,
        llmType: request.llm_type,
        ttsType: request.tts_type,
        sttType: request.stt_type,
        modelStyle: request.model_style,
        backgroundImageId: request.background_image,
        mcpServerIds: request.mcp_servers,
        agent: request.agent,
        paddingLeft: request.padding_left,
        paddingTop: request.padding_top,
        paddingHeight: request.padding_height,
        textNormalizationLocale: request.text_normalization_locale,
        sttTextNormalizationLocale: request.stt_text_normalization_locale,
        extraData: request.extra_data ?? null,
        clientSdp: null,
        serverSdp: null,
        createdAt: options.now(),
        startedAt: null,
        endedAt: null,
      };
      await store.insertSession(row);
      const session = new LiveSession({
        row,
        store,
        media: options.media,
        log,
        startWindowMs: options.startWindowMs,
        now: options.now,
        analyse: options.analyse,
        decodeAudio: options.decodeAudio,
        splitSentences: (text) => splitSentences(text, { language: detectLanguage(text) }),
        synthesize: (sentence, { signal }) =>
          speakSentence(catalogue, sentence, {
            ttsType: row.ttsType ?? DEFAULT_NAMES.ttsType,
            signal,
          }),
        onEnded: () => live.delete(row.id),
      });
      live.set(row.id, session);
      if (closed) {
        await session.end(REASON_OF_STOP);
        throw stopping();
      }
      return row;
    },
    async read(sessionId) {
      const row = live.get(sessionId)?.row ?? (await store.findSession(sessionId));
      if (row === undefined) throw unknownSession(sessionId);
      return row;
    },
    requireLive,
    async exchange(sessionId, offerSdp, { signal }) {
      const session = await requireLive(sessionId);
      if (!session.row.capability.includes('STF_WEBRTC')) {
        throw new PlatformError('invalid', 'The session was created without the capability STF_WEBRTC.', {
          attr: 'capability',
        });
      }
      return session.exchange(offerSdp, await sceneOf(session.row), { signal });
    },
    async close() {
      closed = true;
      await Promise.all([...live.values()].map((session) => session.end(REASON_OF_STOP)));
    },
  };
}

function stopping(): PlatformError {
  return new PlatformError('unavailable', 'The server is stopping.');
}

function unknownSession(sessionId: string): PlatformError {
  return new PlatformError('not_found', `Session ${sessionId.slice(0, 64)} does not exist.`);
}

/** Section 2.10: which capability needs what, as strictly as published clients allow. */
function checkCapabilities(capability: readonly CapabilityName[], request: CreateSessionRequest): void {
  const video = capability.includes('STF_WEBRTC');
  if (video && capability.includes('STF_ONPREMISE')) {
    throw new PlatformError(
      'invalid',
      'STF_WEBRTC and STF_ONPREMISE cannot be combined; choose one of them.',
      {
        attr: 'capability',
      },
    );
  }
  if ((video || capability.includes('STF_ONPREMISE')) && request.model_style === null) {
    throw new PlatformError(
      'required',
      `The capability ${video ? 'STF_WEBRTC' : 'STF_ONPREMISE'} needs a model_style.`,
      {
        attr: 'model_style',
      },
    );
  }
  if (video && request.prompt === null) {
    throw new PlatformError('invalid', 'A prompt is needed for the capability STF_WEBRTC.', {
      attr: 'prompt',
    });
  }
}

async function checkReferences(
  organizationId: string,
  request: CreateSessionRequest,
  { store, catalogue, modelStyleNames }: SessionsOptions,
): Promise<void> {
  const missing = (attr: string, label: string, value: string): PlatformError =>
    new PlatformError('does_not_exist', `${label} ${value} does not exist.`, { attr });
  const known = (
    attr: 'model_style' | 'llm_type' | 'tts_type' | 'stt_type',
    label: string,
    names: readonly string[],
  ): void => {
    const value = request[attr];
    if (value !== null && !names.includes(value)) throw missing(attr, label, value);
  };
  known('model_style', 'ModelStyle', modelStyleNames);
  if (request.prompt !== null) {
    const prompt = await store.findPrompt(request.prompt);
    if (prompt === undefined) throw missing('prompt', 'Prompt', request.prompt);
    if (prompt.organizationId !== organizationId) {
      throw new PlatformError(
        'not_in_organization',
        `Prompt ${request.prompt} is not assigned to your organization.`,
        { attr: 'prompt' },
      );
    }
    if (prompt.requireDocument && request.document === null) {
      throw new PlatformError('required', `Prompt ${request.prompt} needs a document.`, { attr: 'document' });
    }
  }
  known(
    'llm_type',
    'LLMType',
    catalogue.llmTypes.map(({ name }) => name),
  );
  known(
    'tts_type',
    'TTSType',
    catalogue.ttsTypes.map(({ name }) => name),
  );
  known(
    'stt_type',
    'STTType',
    catalogue.sttTypes.map(({ name }) => name),
  );
  if (request.document !== null) throw missing('document', 'Document', request.document);
  if (request.background_image !== null) {
    const image = await store.findBackgroundImage(request.background_image);
    if (image === undefined) throw missing('background_image', 'BackgroundImage', request.background_image);
    if (image.organizationId !== organizationId) {
      throw new PlatformError(
        'not_in_organization',
        `BackgroundImage ${request.background_image} is not assigned to your organization.`,
        { attr: 'background_image' },
      );
    }
  }
  const [server] = request.mcp_servers;
  if (server !== undefined) throw missing('mcp_servers', 'MCPServer', server);
  for (const attr of ['text_normalization_config', 'stt_text_normalization_config'] as const) {
    const value = request[attr];
    if (value !== null) throw missing(attr, 'TextNormalizationConfig', value);
  }
}

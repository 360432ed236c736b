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
import type { McpServerRow, OrganizationRow, SessionRow, Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { createToolbox, type McpServerDescription } from '../tools/mcp.ts';
import type { ConversationOptions } from './conversation.ts';
import { type ModelStyleInfo, placementOf, voiceOf } from './features.ts';
import { describeEnd, LiveSession, type LiveSessionOptions, type SessionTimes } from './live-session.ts';
import type { Quotas } from './quotas.ts';
import { createReferences } from './references.ts';
import { createRuleCache } from './rule-cache.ts';
import { createSessionSpeech } from './speech.ts';

export interface SessionsOptions {
  readonly nodeId: string;
  readonly store: Store;
  readonly media: MediaPool;
  readonly catalogue: Catalogue;
  readonly quotas: Quotas;
  readonly modelStyles: readonly ModelStyleInfo[];
  readonly log: Log;
  readonly times: SessionTimes;
  readonly now: () => Date;
  readonly analyse: LiveSessionOptions['analyse'];
  readonly decodeAudio: LiveSessionOptions['decodeAudio'];
  readonly searchPassages: ConversationOptions['searchPassages'];
  /** For tool servers, whose addresses users name. */
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** Where a stored tool server is and how it is reached. */
  readonly describeMcpServer: (row: McpServerRow) => McpServerDescription;
}

export interface Sessions {
  /** @throws {PlatformError} when a reference does not exist, a quota is used up or the capabilities do not fit. */
  create(organization: OrganizationRow, request: CreateSessionRequest, raw: RawRequest): Promise<SessionRow>;
  /** Live or ended. @throws {PlatformError} `not_found`. */
  read(sessionId: string): Promise<SessionRow>;
  /** @throws {PlatformError} `not_found`, or `session_terminated` for one that has ended. */
  requireLive(sessionId: string): Promise<LiveSession>;
  /** Ends a session; one that has ended stays as it is. @throws {PlatformError} `not_found`. */
  end(sessionId: string, reason: TerminationReason): Promise<void>;
  /** Resolves when everything that happened so far in a session of this node can be read from the store. */
  stored(sessionId: string): Promise<void>;
  readonly liveCount: number;
  /** How long a lost session waits for a client that can come back. */
  readonly recoveryWindowMs: number;
  /** Ends every session. Idempotent. */
  close(): Promise<void>;
}

/** Which of the keys that tell client generations apart were in the request. */
export interface RawRequest {
  readonly hasCapability: boolean;
  readonly hasUsingStfWebrtc: boolean;
}

const REASON_OF_STOP: TerminationReason = 'GRACEFUL_TERMINATION';

export function createSessions(options: SessionsOptions): Sessions {
  const { store, catalogue, log, quotas } = options;
  const live = new Map<string, LiveSession>();
  const loadRules = createRuleCache(store);
  const modelStyleNames = options.modelStyles.map(({ name }) => name);
  let closed = false;

  const styleOf = (row: SessionRow): ModelStyleInfo | undefined =>
    options.modelStyles.find(({ name }) => name === row.modelStyle);

  const requireLive = async (sessionId: string): Promise<LiveSession> => {
    const session = live.get(sessionId);
    if (session !== undefined) {
      session.touch();
      return session;
    }
    const row = await store.sessions.find(sessionId);
    if (row === undefined) throw unknownSession(sessionId);
    throw new PlatformError('session_terminated', describeEnd(row.terminationReason));
  };

  const loadScene = async (row: SessionRow): Promise<Scene> => {
    const image =
      row.backgroundImageId === null
        ? undefined
        : await store.backgroundImages.readBlob(row.backgroundImageId);
    return {
      modelStyle: row.modelStyle ?? '',
      placement: placementOf(row, styleOf(row)),
      ...(image === undefined ? {} : { background: image.bytes }),
    };
  };

  return {
    get liveCount() {
      return live.size;
    },
    recoveryWindowMs: options.times.recoveryWindowMs,
    async create(organization, request, raw) {
      if (closed) throw stopping();
      const capability = request.capability ?? ['STF_WEBRTC'];
      checkCapabilities(capability, request);
      const { mcpServers } = await checkReferences(organization, request, options);
      await quotas.checkCreate(organization);
      const row: SessionRow = {
        id: randomBytes(16).toString('hex'),
        organizationId: organization.id,
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
        textNormalizationConfigId: request.text_normalization_config,
        textNormalizationLocale: request.text_normalization_locale,
        sttTextNormalizationConfigId: request.stt_text_normalization_config,
        sttTextNormalizationLocale: request.stt_text_normalization_locale,
        extraData: request.extra_data ?? null,
        clientSdp: null,
        serverSdp: null,
        createdAt: options.now(),
        startedAt: null,
        endedAt: null,
      };
      await store.sessions.insert(row);
      const engines = catalogue.forSession({ organizationId: organization.id, sessionId: row.id });
      const session = new LiveSession({
        row,
        store,
        media: options.media,
        log,
        times: options.times,
        now: options.now,
        quotas,
        speech: createSessionSpeech(row, {
          catalogue: engines,
          loadRules,
          voice: voiceOf(row, styleOf(row)),
        }),
        toolbox: createToolbox(mcpServers.map(options.describeMcpServer), {
          fetch: options.fetch,
          now: () => performance.now(),
          log,
        }),
        conversation: { catalogue: engines, searchPassages: options.searchPassages },
        analyse: options.analyse,
        decodeAudio: options.decodeAudio,
        findModelStyle: (current, wish) => findModelStyle(modelStyleNames, current, wish),
        loadScene,
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
      const row = live.get(sessionId)?.row ?? (await store.sessions.find(sessionId));
      if (row === undefined) throw unknownSession(sessionId);
      return row;
    },
    requireLive,
    async end(sessionId, reason) {
      const session = live.get(sessionId);
      if (session !== undefined) {
        await session.end(reason);
        return;
      }
      if ((await store.sessions.find(sessionId)) === undefined) throw unknownSession(sessionId);
    },
    async stored(sessionId) {
      await live.get(sessionId)?.stored();
    },
    async close() {
      closed = true;
      await Promise.all([...live.values()].map((session) => session.end(REASON_OF_STOP)));
      quotas.close();
    },
  };
}

function stopping(): PlatformError {
  return new PlatformError('unavailable', 'The server is stopping.');
}

function unknownSession(sessionId: string): PlatformError {
  return new PlatformError('not_found', `Session ${sessionId.slice(0, 64)} does not exist.`);
}

/** Names are `<model>-<outfit and pose>`; a wish names either part, or the whole. */
function findModelStyle(
  names: readonly string[],
  current: string | null,
  wish: { readonly model?: string; readonly dress?: string },
): string | undefined {
  const currentModel = current?.split('-')[0];
  const model = wish.model ?? currentModel;
  if (model === undefined) return undefined;
  const dress = wish.dress ?? '';
  return (
    names.find((name) => name === (dress === '' ? model : `${model}-${dress}`)) ??
    names.find((name) => name.split('-')[0] === model && name.includes(dress))
  );
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

/** Everything a request names must exist and be the organization's to use; the first problem is reported. */
async function checkReferences(
  { id: organizationId, features }: OrganizationRow,
  request: CreateSessionRequest,
  { store, catalogue, modelStyles }: SessionsOptions,
): Promise<{ readonly mcpServers: readonly McpServerRow[] }> {
  const references = createReferences(organizationId, 'your organization');
  const known = (
    attr: 'model_style' | 'llm_type' | 'tts_type' | 'stt_type',
    label: string,
    entries: readonly { readonly name: string }[],
    allowed: readonly string[] | undefined,
  ): void => {
    const name = request[attr];
    references.requireName(attr, label, name, entries);
    if (name !== null && allowed?.includes(name) === false) {
      throw new PlatformError('invalid', `${label} ${name} not found`, { attr });
    }
  };

  known('model_style', 'ModelStyle', modelStyles, features.modelStyles);
  const prompt = await references.requireUsable('prompt', 'Prompt', store.prompts, request.prompt);
  if (prompt?.requireDocument === true && request.document === null) {
    throw new PlatformError('required', `Prompt ${prompt.id} needs a document.`, { attr: 'document' });
  }
  known('llm_type', 'LLMType', catalogue.llmTypes, features.llmTypes);
  known('tts_type', 'TTSType', catalogue.ttsTypes, features.ttsTypes);
  known('stt_type', 'STTType', catalogue.sttTypes, features.sttTypes);
  await references.requireUsable('document', 'Document', store.documents, request.document);
  await references.requireUsable(
    'background_image',
    'BackgroundImage',
    store.backgroundImages,
    request.background_image,
  );
  const mcpServers: McpServerRow[] = [];
  for (const id of request.mcp_servers) {
    const row = await references.requireUsable('mcp_servers', 'MCPServer', store.mcpServers, id);
    if (row !== undefined) mcpServers.push(row);
  }
  for (const attr of ['text_normalization_config', 'stt_text_normalization_config'] as const) {
    await references.requireUsable(
      attr,
      'TextNormalizationConfig',
      store.textNormalizationConfigs,
      request[attr],
    );
  }
  return { mcpServers };
}

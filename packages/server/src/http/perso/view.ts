/** The platform's rows as the entities of the Perso contract. */
import type {
  BackgroundImage,
  Capability,
  CapabilityName,
  CreatedSession,
  Document,
  IceServer,
  McpServer,
  ModelStyle,
  Prompt,
  SessionEvent,
  SessionInfo,
  SessionTemplate,
  TextNormalizationConfig,
} from '@visavox/contract';
import { LOCALE_OFF } from '@visavox/contract';
import type { Catalogue } from '../../routing/catalogue.ts';
import { DEFAULT_NAMES } from '../../sessions/features.ts';
import type { RecordedEvent } from '../../sessions/live-session.ts';
import type {
  BackgroundImageRow,
  DocumentRow,
  McpServerRow,
  PromptRow,
  SessionEventRow,
  SessionRow,
  SessionTemplateRow,
  TextNormalizationConfigRow,
} from '../../store/store.ts';
import { backgroundImagePath, documentPath, modelStylePreviewPath } from '../media-paths.ts';
import type { SignedLinks } from '../signed-links.ts';

/** What the API tells of an installed avatar pack. */
export interface ModelStyleEntry {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly configs: Readonly<Record<string, string>>;
  readonly previewFile: string;
}

export const CAPABILITY_DESCRIPTIONS: Readonly<Record<CapabilityName, string>> = {
  LLM: 'Answers from a language model',
  TTS: 'Speech synthesis',
  STT: 'Speech recognition',
  STF_ONPREMISE: 'Video avatar rendered by the client',
  STF_WEBRTC: 'Video avatar over WebRTC',
};

/** What a session or template refers to, as far as it still exists. */
export interface Parts {
  readonly prompt: PromptRow | undefined;
  readonly document: DocumentRow | undefined;
  readonly backgroundImage: BackgroundImageRow | undefined;
  readonly mcpServers: readonly McpServerRow[];
  readonly textNormalizationConfig: TextNormalizationConfigRow | undefined;
  readonly sttTextNormalizationConfig: TextNormalizationConfigRow | undefined;
}

export interface View {
  prompt(row: PromptRow, options: { readonly withSystemPrompt: boolean }): Prompt;
  backgroundImage(row: BackgroundImageRow): BackgroundImage;
  document(row: DocumentRow): Document;
  mcpServer(row: McpServerRow): McpServer;
  textNormalizationConfig(row: TextNormalizationConfigRow): TextNormalizationConfig;
  /** @throws when the template refers to something that is gone. */
  sessionTemplate(row: SessionTemplateRow, parts: Parts): SessionTemplate;
  modelStyle(entry: ModelStyleEntry): ModelStyle;
  createdSession(row: SessionRow): CreatedSession;
  sessionInfo(row: SessionRow, parts: Parts & { readonly withSystemPrompt: boolean }): SessionInfo;
  sessionEvent(event: SessionEventRow & Partial<RecordedEvent>): SessionEvent;
}

export function createView(options: {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly catalogue: Catalogue;
  readonly modelStyles: readonly ModelStyleEntry[];
  readonly iceServers: readonly IceServer[];
  readonly links: SignedLinks;
  readonly now: () => Date;
}): View {
  const { baseUrl, catalogue, modelStyles, links } = options;
  const typesOf = (row: SessionRow | SessionTemplateRow) => ({
    llm_type: catalogue.llmTypes.find(({ name }) => name === row.llmType) ?? null,
    tts_type: catalogue.ttsTypes.find(({ name }) => name === row.ttsType) ?? null,
    stt_type: catalogue.sttTypes.find(({ name }) => name === row.sttType) ?? null,
  });
  const capabilityOf = (row: SessionRow | SessionTemplateRow): Capability[] =>
    row.capability.map((name) => ({ name, description: CAPABILITY_DESCRIPTIONS[name] }));
  const normalizationOf = (row: SessionRow | SessionTemplateRow, parts: Parts) => ({
    text_normalization_config:
      parts.textNormalizationConfig === undefined
        ? null
        : view.textNormalizationConfig(parts.textNormalizationConfig),
    text_normalization_locale: localeOf(row.textNormalizationLocale),
    stt_text_normalization_config:
      parts.sttTextNormalizationConfig === undefined
        ? null
        : view.textNormalizationConfig(parts.sttTextNormalizationConfig),
    stt_text_normalization_locale: localeOf(row.sttTextNormalizationLocale),
  });

  const view: View = {
    prompt: (row, { withSystemPrompt }) => {
      const systemPrompt = withSystemPrompt ? row.systemPrompt : '';
      return {
        prompt_id: row.id,
        name: row.name,
        description: row.description,
        system_prompt: systemPrompt,
        require_document: row.requireDocument,
        intro_message: row.introMessage,
        title: row.name,
        content: systemPrompt,
      };
    },
    backgroundImage: (row) => ({
      backgroundimage_id: row.id,
      title: row.title,
      image: baseUrl + backgroundImagePath(row.id),
      created_at: row.createdAt.toISOString(),
    }),
    document: (row) => ({
      document_id: row.id,
      title: row.title,
      file: baseUrl + links.link(documentPath(row.id)),
      description: row.description,
      search_count: row.searchCount,
      ef_search: row.efSearch,
      processed: row.processed,
      processed_v2: row.processed,
      created_at: row.createdAt.toISOString(),
      updated_at: row.updatedAt.toISOString(),
    }),
    mcpServer: (row) => ({
      mcpserver_id: row.id,
      name: row.name,
      description: row.description,
      url: row.url,
      transport_protocol: row.transport,
      server_timeout_sec: row.timeoutSeconds,
      extra_data: row.extraData,
    }),
    textNormalizationConfig: (row) => ({
      textnormalizationconfig_id: row.id,
      name: row.name,
      created_at: row.createdAt.toISOString(),
    }),
    sessionTemplate: (row, parts) => {
      const style = modelStyles.find(({ name }) => name === row.modelStyle);
      if (parts.prompt === undefined || style === undefined) {
        throw new Error(`Session template ${row.id} refers to something that is gone.`);
      }
      const types = typesOf(row);
      const has = (name: CapabilityName) => row.capability.includes(name);
      const first = <Entry extends { readonly name: string }>(entries: readonly Entry[], name: string) =>
        entries.find((entry) => entry.name === name) ?? null;
      return {
        sessiontemplate_id: row.id,
        name: row.name,
        description: row.description,
        prompt: view.prompt(parts.prompt, { withSystemPrompt: true }),
        capability: capabilityOf(row),
        document: parts.document === undefined ? null : view.document(parts.document),
        // Clients read the name of a type without a check when the capability is there.
        llm_type: types.llm_type ?? (has('LLM') ? first(catalogue.llmTypes, DEFAULT_NAMES.llmType) : null),
        tts_type: types.tts_type ?? (has('TTS') ? first(catalogue.ttsTypes, DEFAULT_NAMES.ttsType) : null),
        stt_type: types.stt_type ?? (has('STT') ? first(catalogue.sttTypes, DEFAULT_NAMES.sttType) : null),
        ...normalizationOf(row, parts),
        model_style: view.modelStyle(style),
        background_image:
          parts.backgroundImage === undefined ? null : view.backgroundImage(parts.backgroundImage),
        agent: row.agent,
        padding_left: row.paddingLeft,
        padding_top: row.paddingTop,
        padding_height: row.paddingHeight,
        extra_data: row.extraData ?? null,
        mcp_servers: parts.mcpServers.map(view.mcpServer),
        created_at: row.createdAt.toISOString(),
        last_used_at: row.lastUsedAt?.toISOString() ?? null,
      };
    },
    modelStyle: (entry) => {
      const preview = baseUrl + modelStylePreviewPath(entry.name);
      return {
        name: entry.name,
        model: entry.name.split('-')[0] ?? entry.name,
        model_file: null,
        model_files: [{ name: 'preview', file: preview }],
        style: entry.name.split('-').slice(1).join('-'),
        file: preview,
        platform_type: 'webrtc',
        configs: Object.entries(entry.configs).map(([key, value]) => ({
          modelstyleconfig_id: `${entry.name}:${key}`,
          key,
          value,
        })),
        display_name: entry.displayName,
        description: entry.description,
      };
    },
    createdSession: (row) => ({
      session_id: row.id,
      created_at: row.createdAt.toISOString(),
      status: 'CREATED',
      capability: row.capability,
      prompt: row.promptId,
      document: row.documentId,
      llm_type: row.llmType,
      tts_type: row.ttsType,
      stt_type: row.sttType,
      model_style: row.modelStyle,
      background_image: row.backgroundImageId,
      mcp_servers: row.mcpServerIds,
      agent: row.agent,
      padding_left: row.paddingLeft,
      padding_top: row.paddingTop,
      padding_height: row.paddingHeight,
      text_normalization_config: row.textNormalizationConfigId,
      text_normalization_locale: localeOf(row.textNormalizationLocale),
      stt_text_normalization_config: row.sttTextNormalizationConfigId,
      stt_text_normalization_locale: localeOf(row.sttTextNormalizationLocale),
      extra_data: row.extraData,
    }),
    sessionInfo: (row, parts) => {
      const style = modelStyles.find(({ name }) => name === row.modelStyle);
      const endMs = (row.endedAt ?? options.now()).getTime();
      return {
        session_id: row.id,
        client_sdp: row.clientSdp,
        server_sdp: row.serverSdp,
        prompt: parts.prompt === undefined ? null : view.prompt(parts.prompt, parts),
        document: row.documentId,
        ...typesOf(row),
        model_style: style === undefined ? null : view.modelStyle(style),
        ice_servers: [...options.iceServers],
        status: row.status,
        termination_reason: row.terminationReason,
        duration_sec:
          row.startedAt === null ? 0 : Math.max(0, Math.floor((endMs - row.startedAt.getTime()) / 1000)),
        created_at: row.createdAt.toISOString(),
        session_acls: [],
        padding_left: row.paddingLeft,
        padding_top: row.paddingTop,
        padding_height: row.paddingHeight,
        background_image:
          parts.backgroundImage === undefined ? null : view.backgroundImage(parts.backgroundImage),
        extra_data: row.extraData,
        capability: capabilityOf(row),
        mcp_servers: parts.mcpServers.map(view.mcpServer),
        agent: row.agent,
        ...normalizationOf(row, parts),
        stream_url: null,
      };
    },
    sessionEvent: (event) => ({
      sessionevent_id: event.id,
      created_at: event.createdAt.toISOString(),
      detail: event.detail,
      terminate: event.terminate ?? (event.event === 'SESSION_END' || event.event === 'SESSION_ERROR'),
      terminate_reason: event.terminateReason ?? null,
      event: event.event as SessionEvent['event'], // written by recordEvent, which takes only these names
    }),
  };
  return view;
}

/** "Explicitly off" is null for clients, as they sent it. */
export function localeOf(kept: string | null): string | null {
  return kept === LOCALE_OFF ? null : kept;
}

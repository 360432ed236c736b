/** The platform's rows as the entities of the Perso contract. */
import type {
  BackgroundImage,
  CapabilityName,
  CreatedSession,
  IceServer,
  ModelStyle,
  Prompt,
  SessionEvent,
  SessionInfo,
} from '@visavox/contract';
import type { Catalogue } from '../../routing/catalogue.ts';
import type { RecordedEvent } from '../../sessions/live-session.ts';
import type { BackgroundImageSummary, PromptRow, SessionRow } from '../../store/store.ts';

/** What the API tells of an installed avatar pack. */
export interface ModelStyleEntry {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly previewFile: string;
}

export const CAPABILITY_DESCRIPTIONS: Readonly<Record<CapabilityName, string>> = {
  LLM: 'Answers from a language model',
  TTS: 'Speech synthesis',
  STT: 'Speech recognition',
  STF_ONPREMISE: 'Video avatar rendered by the client',
  STF_WEBRTC: 'Video avatar over WebRTC',
};

export interface View {
  prompt(row: PromptRow, options: { readonly withSystemPrompt: boolean }): Prompt;
  backgroundImage(row: BackgroundImageSummary): BackgroundImage;
  modelStyle(entry: ModelStyleEntry): ModelStyle;
  createdSession(row: SessionRow): CreatedSession;
  sessionInfo(
    row: SessionRow,
    parts: {
      readonly prompt: PromptRow | undefined;
      readonly backgroundImage: BackgroundImageSummary | undefined;
      readonly withSystemPrompt: boolean;
    },
  ): SessionInfo;
  sessionEvent(event: RecordedEvent): SessionEvent;
}

export function createView(options: {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly catalogue: Catalogue;
  readonly modelStyles: readonly ModelStyleEntry[];
  readonly iceServers: readonly IceServer[];
  readonly now: () => Date;
}): View {
  const { baseUrl, catalogue, modelStyles } = options;

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
      image: `${baseUrl}/media/background-images/${row.id}`,
      created_at: row.createdAt.toISOString(),
    }),
    modelStyle: (entry) => {
      const preview = `${baseUrl}/media/model-styles/${entry.name}/preview`;
      return {
        name: entry.name,
        model: entry.name.split('-')[0] ?? entry.name,
        model_file: null,
        model_files: [{ name: 'preview', file: preview }],
        style: entry.name.split('-').slice(1).join('-'),
        file: preview,
        platform_type: 'webrtc',
        configs: [],
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
      text_normalization_config: null,
      text_normalization_locale: row.textNormalizationLocale,
      stt_text_normalization_config: null,
      stt_text_normalization_locale: row.sttTextNormalizationLocale,
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
        llm_type: catalogue.llmTypes.find(({ name }) => name === row.llmType) ?? null,
        tts_type: catalogue.ttsTypes.find(({ name }) => name === row.ttsType) ?? null,
        stt_type: catalogue.sttTypes.find(({ name }) => name === row.sttType) ?? null,
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
        capability: row.capability.map((name) => ({ name, description: CAPABILITY_DESCRIPTIONS[name] })),
        mcp_servers: [],
        agent: row.agent,
        text_normalization_config: null,
        text_normalization_locale: row.textNormalizationLocale,
        stt_text_normalization_config: null,
        stt_text_normalization_locale: row.sttTextNormalizationLocale,
        stream_url: null,
      };
    },
    sessionEvent: (event) => ({
      sessionevent_id: event.id,
      created_at: event.createdAt.toISOString(),
      detail: event.detail,
      terminate: event.terminate,
      terminate_reason: event.terminateReason,
      event: event.event as SessionEvent['event'], // written by recordEvent, which takes only these names
    }),
  };
  return view;
}

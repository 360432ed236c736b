/** The platform's rows as the management API shows them. */

import type { ManagedDocument, ManagedTemplate } from '@visavox/contract/manage';
import type { Usage } from '../../sessions/quotas.ts';
import type {
  ApiKeyRow,
  BackgroundImageRow,
  DocumentRow,
  McpServerRow,
  OrganizationLimits,
  OrganizationRow,
  PromptRow,
  SessionTemplateRow,
  TextNormalizationConfigRow,
  TurnRow,
} from '../../store/store.ts';
import { backgroundImagePath, documentPath } from '../media-paths.ts';
import { localeOf } from '../perso/view.ts';
import type { SignedLinks } from '../signed-links.ts';

const owned = (row: { readonly organizationId: string; readonly createdAt: Date }) => ({
  organization_id: row.organizationId,
  created_at: row.createdAt.toISOString(),
});

const wireLimits = (limits: {
  readonly maxActiveSessions?: number | null | undefined;
  readonly maxMinutesPerSession?: number | null | undefined;
  readonly maxMinutesPerMonth?: number | null | undefined;
}) => ({
  max_active_sessions: limits.maxActiveSessions ?? null,
  max_minutes_per_session: limits.maxMinutesPerSession ?? null,
  max_minutes_per_month: limits.maxMinutesPerMonth ?? null,
});

export function showOrganization(row: OrganizationRow): object {
  return {
    id: row.id,
    name: row.name,
    limits: wireLimits(row.limits),
    features: {
      llm_types: row.features.llmTypes ?? null,
      tts_types: row.features.ttsTypes ?? null,
      stt_types: row.features.sttTypes ?? null,
      model_styles: row.features.modelStyles ?? null,
    },
    created_at: row.createdAt.toISOString(),
  };
}

export function showUsage(organizationId: string, usage: Usage): object {
  return {
    organization_id: organizationId,
    active_sessions: usage.activeSessions,
    minutes_this_month: Math.round(usage.minutesThisMonth * 100) / 100,
    limits: wireLimits(usage.limits),
  };
}

/** Null and absent both mean the server's default. */
export function readLimits(limits: {
  readonly max_active_sessions?: number | null | undefined;
  readonly max_minutes_per_session?: number | null | undefined;
  readonly max_minutes_per_month?: number | null | undefined;
}): OrganizationLimits {
  return {
    maxActiveSessions: limits.max_active_sessions ?? undefined,
    maxMinutesPerSession: limits.max_minutes_per_session ?? undefined,
    maxMinutesPerMonth: limits.max_minutes_per_month ?? undefined,
  };
}

export function showKey(row: ApiKeyRow, spentMicroUsd = 0) {
  return {
    id: row.id,
    organization_id: row.organizationId,
    name: row.label,
    role: row.role,
    hint: row.hint,
    created_at: row.createdAt.toISOString(),
    revoked_at: row.revokedAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    budget_usd: row.budgetMicroUsd === null ? null : row.budgetMicroUsd / 1_000_000,
    spent_usd: Math.round(spentMicroUsd) / 1_000_000,
  };
}

export function showPrompt(row: PromptRow): object {
  return {
    prompt_id: row.id,
    name: row.name,
    description: row.description,
    system_prompt: row.systemPrompt,
    intro_message: row.introMessage,
    require_document: row.requireDocument,
    ...owned(row),
  };
}

export function showDocument(row: DocumentRow, baseUrl: string, links: SignedLinks): ManagedDocument {
  return {
    document_id: row.id,
    title: row.title,
    description: row.description,
    file: baseUrl + links.link(documentPath(row.id)),
    file_name: row.fileName,
    media_type: row.mediaType,
    search_count: row.searchCount,
    ef_search: row.efSearch,
    state: row.state,
    failure: row.failure,
    processed: row.processed,
    processed_v2: row.processed,
    embedding_model: row.embeddingModel,
    passage_count: row.passageCount,
    updated_at: row.updatedAt.toISOString(),
    ...owned(row),
  };
}

export function showBackground(row: BackgroundImageRow, baseUrl: string): object {
  return {
    backgroundimage_id: row.id,
    title: row.title,
    image: baseUrl + backgroundImagePath(row.id),
    media_type: row.mediaType,
    ...owned(row),
  };
}

export function showMcpServer(row: McpServerRow, headerNames: readonly string[]): object {
  return {
    mcpserver_id: row.id,
    name: row.name,
    description: row.description,
    url: row.url,
    transport_protocol: row.transport,
    server_timeout_sec: row.timeoutSeconds,
    header_names: headerNames,
    extra_data: row.extraData,
    ...owned(row),
  };
}

export function showNormalization(row: TextNormalizationConfigRow, ruleCount: number): object {
  return {
    textnormalizationconfig_id: row.id,
    name: row.name,
    rule_count: ruleCount,
    rules: row.rules,
    updated_at: row.updatedAt.toISOString(),
    ...owned(row),
  };
}

export function showTemplate(row: SessionTemplateRow, problems: readonly string[]): ManagedTemplate {
  return {
    sessiontemplate_id: row.id,
    name: row.name,
    description: row.description,
    capability: row.capability,
    prompt: row.promptId ?? '',
    document: row.documentId,
    llm_type: row.llmType,
    tts_type: row.ttsType,
    stt_type: row.sttType,
    model_style: row.modelStyle ?? '',
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
    extra_data: row.extraData ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    problems: [...problems],
    organization_id: row.organizationId,
    created_at: row.createdAt.toISOString(),
  };
}

export function showTurn(row: TurnRow): object {
  return {
    turn_id: row.id,
    question: row.question,
    answer: row.answer,
    outcome: row.outcome,
    duration_ms: row.durationMs,
    tool_names: row.toolNames,
    passages: row.passages.map(({ documentId, passageId, position, score }) => ({
      document_id: documentId,
      passage_id: passageId,
      position,
      score,
    })),
    created_at: row.createdAt.toISOString(),
  };
}

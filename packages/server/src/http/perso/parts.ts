/** Finds what a session or a template refers to. */
import type { SessionRow, SessionTemplateRow, Store } from '../../store/store.ts';
import type { Parts } from './view.ts';

export async function loadParts(store: Store, row: SessionRow | SessionTemplateRow): Promise<Parts> {
  const find = async <Row>(
    table: { find(id: string): Promise<Row | undefined> },
    id: string | null,
  ): Promise<Row | undefined> => (id === null ? undefined : table.find(id));
  const [
    prompt,
    document,
    backgroundImage,
    textNormalizationConfig,
    sttTextNormalizationConfig,
    ...mcpServers
  ] = await Promise.all([
    find(store.prompts, row.promptId),
    find(store.documents, row.documentId),
    find(store.backgroundImages, row.backgroundImageId),
    find(store.textNormalizationConfigs, row.textNormalizationConfigId),
    find(store.textNormalizationConfigs, row.sttTextNormalizationConfigId),
    ...row.mcpServerIds.map((id) => store.mcpServers.find(id)),
  ]);
  return {
    prompt,
    document,
    backgroundImage,
    textNormalizationConfig,
    sttTextNormalizationConfig,
    mcpServers: mcpServers.filter((server) => server !== undefined),
  };
}

/** What a template names that is gone: it cannot be used until that is changed. Each in words for its owner. */
export function findProblems(
  row: SessionTemplateRow,
  parts: Parts,
  modelStyleNames: readonly string[],
): { readonly attr: string; readonly detail: string }[] {
  const missing = new Set(row.mcpServerIds);
  for (const { id } of parts.mcpServers) missing.delete(id);
  const checks: readonly (readonly [attr: string, label: string, id: string | null, found: boolean])[] = [
    ['prompt', 'Prompt', row.promptId ?? '(none)', parts.prompt !== undefined],
    ['model_style', 'ModelStyle', row.modelStyle ?? '(none)', modelStyleNames.includes(row.modelStyle ?? '')],
    ['document', 'Document', row.documentId, parts.document !== undefined],
    ['background_image', 'BackgroundImage', row.backgroundImageId, parts.backgroundImage !== undefined],
    [
      'text_normalization_config',
      'TextNormalizationConfig',
      row.textNormalizationConfigId,
      parts.textNormalizationConfig !== undefined,
    ],
    [
      'stt_text_normalization_config',
      'TextNormalizationConfig',
      row.sttTextNormalizationConfigId,
      parts.sttTextNormalizationConfig !== undefined,
    ],
    ...[...missing].map((id) => ['mcp_servers', 'MCPServer', id, false] as const),
  ];
  return checks
    .filter(([, , id, found]) => id !== null && !found)
    .map(([attr, label, id]) => ({ attr, detail: `${label} ${id} does not exist.` }));
}

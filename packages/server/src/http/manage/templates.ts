/** Settings of session templates: every reference must exist and be the organization's to use when it is stored. */
import { LOCALE_OFF } from '@visavox/contract';
import type { TemplateSettings } from '@visavox/contract/manage';
import type { Catalogue } from '../../routing/catalogue.ts';
import { createReferences } from '../../sessions/references.ts';
import type { ResourceTypes, Store } from '../../store/store.ts';
import { withoutUndefined } from '../without-undefined.ts';

type Insert = ResourceTypes['sessionTemplates']['insert'];
type Settings = { [Name in keyof Insert]?: Insert[Name] | undefined };

/** Only what was given is in the result. @throws {PlatformError} `does_not_exist`, `not_in_organization`. */
export async function readTemplateSettings(
  context: {
    readonly store: Store;
    readonly catalogue: Catalogue;
    readonly modelStyles: readonly { readonly name: string }[];
  },
  organizationId: string,
  value: TemplateSettings,
): Promise<Partial<Insert>> {
  const { store, catalogue } = context;
  const { requireName, requireUsable } = createReferences(organizationId, 'the organization');
  requireName('model_style', 'ModelStyle', value.model_style, context.modelStyles);
  requireName('llm_type', 'LLMType', value.llm_type, catalogue.llmTypes);
  requireName('tts_type', 'TTSType', value.tts_type, catalogue.ttsTypes);
  requireName('stt_type', 'STTType', value.stt_type, catalogue.sttTypes);
  await requireUsable('prompt', 'Prompt', store.prompts, value.prompt);
  await requireUsable('document', 'Document', store.documents, value.document);
  await requireUsable('background_image', 'BackgroundImage', store.backgroundImages, value.background_image);
  for (const id of value.mcp_servers ?? []) {
    await requireUsable('mcp_servers', 'MCPServer', store.mcpServers, id);
  }
  for (const attr of ['text_normalization_config', 'stt_text_normalization_config'] as const) {
    await requireUsable(attr, 'TextNormalizationConfig', store.textNormalizationConfigs, value[attr]);
  }

  const settings: Settings = {
    name: value.name,
    description: value.description,
    capability: value.capability === undefined ? undefined : [...new Set(value.capability)],
    promptId: value.prompt,
    documentId: value.document,
    llmType: value.llm_type,
    ttsType: value.tts_type,
    sttType: value.stt_type,
    modelStyle: value.model_style,
    backgroundImageId: value.background_image,
    mcpServerIds: value.mcp_servers === undefined ? undefined : [...new Set(value.mcp_servers)],
    agent: value.agent,
    paddingLeft: value.padding_left,
    paddingTop: value.padding_top,
    paddingHeight: value.padding_height,
    textNormalizationConfigId: value.text_normalization_config,
    textNormalizationLocale: localeToKeep(value.text_normalization_locale),
    sttTextNormalizationConfigId: value.stt_text_normalization_config,
    sttTextNormalizationLocale: localeToKeep(value.stt_text_normalization_locale),
    extraData: value.extra_data,
  };
  return withoutUndefined(settings);
}

function localeToKeep(locale: string | null | undefined): string | null | undefined {
  return locale === null ? LOCALE_OFF : locale;
}

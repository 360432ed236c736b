/** Settings of session templates: every reference must exist and be the organization's to use when it is stored. */
import { LOCALE_OFF, PlatformError } from '@visavox/contract';
import type { TemplateSettings } from '@visavox/contract/manage';
import type { Catalogue } from '../../routing/catalogue.ts';
import type { ResourceTable, ResourceTypes, Store } from '../../store/store.ts';
import { withoutUndefined } from './changes.ts';

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
  const known = (
    attr: 'model_style' | 'llm_type' | 'tts_type' | 'stt_type',
    label: string,
    entries: readonly { readonly name: string }[],
  ): void => {
    const name = value[attr];
    if (name === undefined || name === null || entries.some((entry) => entry.name === name)) return;
    throw new PlatformError('does_not_exist', `${label} ${name} does not exist.`, { attr });
  };
  const usable = async (
    attr: keyof TemplateSettings,
    label: string,
    table: Pick<ResourceTable<unknown, never>, 'findFor'>,
    ids: readonly (string | null | undefined)[],
  ): Promise<void> => {
    for (const id of ids) {
      if (id === undefined || id === null) continue;
      const found = await table.findFor(organizationId, id);
      if (found === undefined) {
        throw new PlatformError('does_not_exist', `${label} ${id} does not exist.`, { attr });
      }
      if (!found.usable) {
        throw new PlatformError(
          'not_in_organization',
          `${label} ${id} is not assigned to the organization.`,
          {
            attr,
          },
        );
      }
    }
  };
  known('model_style', 'ModelStyle', context.modelStyles);
  known('llm_type', 'LLMType', catalogue.llmTypes);
  known('tts_type', 'TTSType', catalogue.ttsTypes);
  known('stt_type', 'STTType', catalogue.sttTypes);
  await usable('prompt', 'Prompt', store.prompts, [value.prompt]);
  await usable('document', 'Document', store.documents, [value.document]);
  await usable('background_image', 'BackgroundImage', store.backgroundImages, [value.background_image]);
  await usable('mcp_servers', 'MCPServer', store.mcpServers, value.mcp_servers ?? []);
  await usable('text_normalization_config', 'TextNormalizationConfig', store.textNormalizationConfigs, [
    value.text_normalization_config,
  ]);
  await usable('stt_text_normalization_config', 'TextNormalizationConfig', store.textNormalizationConfigs, [
    value.stt_text_normalization_config,
  ]);

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

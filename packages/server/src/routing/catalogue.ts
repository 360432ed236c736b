/**
 * The names that clients choose from, and what stands behind each on this machine: language models, voices,
 * recognisers. Documented names always exist and lead to the best that is configured.
 */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { LlmType, SttType, TtsType } from '@visavox/contract';
import type { Provider, SpeechRecognizer, SpeechSynthesizer, Voice } from '../providers/provider.ts';

export interface VoiceChoice {
  readonly synthesizer: SpeechSynthesizer;
  readonly voiceId: string;
  readonly language: string;
}

export interface Catalogue {
  readonly llmTypes: readonly LlmType[];
  readonly ttsTypes: readonly TtsType[];
  readonly sttTypes: readonly SttType[];
  /** Undefined for a name that is not in the catalogue. */
  findLanguageModel(name: string): LanguageModelV4 | undefined;
  /** The voice of a catalogue name for text in `language`; undefined when no voice of this machine speaks it. */
  findVoice(name: string, language: string): VoiceChoice | undefined;
  /** The recogniser of a catalogue name for `language` (undefined: not known); undefined when none fits. */
  findRecognizer(name: string, language: string | undefined): SpeechRecognizer | undefined;
}

export const STAND_IN_PROVIDER_ID = 'stand-in';

/** Names that documents and published clients use as defaults or print as examples. */
const DOCUMENTED_LLM_NAMES = ['gpt-35', 'gpt-4', 'gpt-4o'];
const DOCUMENTED_VOICE_NAMES: readonly { name: string; gender: 'female' | 'male'; note: string }[] = [
  { name: 'yuri', gender: 'female', note: 'Speaks every language that is installed' },
  {
    name: 'azuretts-ko-KR-InJoonNeural-sad',
    gender: 'male',
    note: 'Documented name, spoken by the built-in voices',
  },
  {
    name: 'azuretts-en-US-JennyNeural-cheerful',
    gender: 'female',
    note: 'Documented name, spoken by the built-in voices',
  },
  {
    name: 'azuretts-ja-JP-NanamiNeural-gentle',
    gender: 'female',
    note: 'Documented name, spoken by the built-in voices',
  },
  { name: 'k_idol_m_3_yoon_hajin', gender: 'male', note: 'Documented name, spoken by the built-in voices' },
];

interface ModelEntry extends LlmType {
  readonly open: () => LanguageModelV4;
}

export function createCatalogue(
  providers: readonly Provider[],
  options: { readonly defaultModel?: string | undefined } = {},
): Catalogue {
  const models = listModels(providers, options.defaultModel);
  const voices = providers.flatMap((provider) =>
    (provider.synthesizer?.voices ?? []).map((voice) => ({ provider, voice })),
  );
  const recognizers = providers.flatMap((provider) =>
    provider.recognizer === undefined ? [] : [{ provider, recognizer: provider.recognizer }],
  );

  const spoken = [...new Set(voices.flatMap(({ voice }) => voice.languages))];

  const speaks = (voice: Voice, language: string): boolean =>
    voice.languages.some((tag) => tag === '*' || primary(tag) === primary(language));

  const toChoice = (entry: (typeof voices)[number] | undefined, language: string): VoiceChoice | undefined =>
    entry?.provider.synthesizer === undefined
      ? undefined
      : { synthesizer: entry.provider.synthesizer, voiceId: entry.voice.id, language };

  /** The first voice in provider order that speaks the language, of the wished gender if there is one. */
  const pickVoice = (language: string, gender: 'female' | 'male'): VoiceChoice | undefined => {
    const fitting = voices.filter(({ voice }) => speaks(voice, language));
    return toChoice(fitting.find(({ voice }) => voice.gender === gender) ?? fitting[0], language);
  };

  return {
    llmTypes: models.map(({ open: _, ...entry }) => entry),
    ttsTypes: [
      ...DOCUMENTED_VOICE_NAMES.map(({ name, note, gender }) =>
        describeVoice(name, 'visavox', name, note, { languages: spoken, gender }),
      ),
      ...voices.map(({ provider, voice }) =>
        describeVoice(
          `${provider.id}-${voice.id}`,
          provider.id,
          voice.displayName,
          `${provider.displayName}: ${voice.languages.join(', ')}${voice.gender === undefined ? '' : `; ${voice.gender}`}`,
          { languages: voice.languages, gender: voice.gender ?? null },
        ),
      ),
    ],
    sttTypes: [
      {
        name: 'default',
        service: 'visavox',
        options: '',
        display_name: 'Default recogniser',
        description:
          recognizers.length === 0
            ? 'No recogniser is installed; see README.md for how to add one'
            : `Takes the best that is installed for the language: ${recognizers.map(({ provider }) => provider.displayName).join(', ')}`,
      },
      ...recognizers.map(({ provider, recognizer }) => ({
        name: provider.id,
        service: provider.id,
        options: '',
        display_name: recognizer.limitedVocabulary
          ? `${provider.displayName} (limited vocabulary)`
          : provider.displayName,
        description: `Understands: ${recognizer.languages.join(', ')}`,
      })),
    ],
    findLanguageModel: (name) => models.find((entry) => entry.name === name)?.open(),
    findVoice(name, language) {
      const documented = DOCUMENTED_VOICE_NAMES.find((entry) => entry.name === name);
      if (documented !== undefined) return pickVoice(language, documented.gender);
      const entry = voices.find(({ provider, voice }) => `${provider.id}-${voice.id}` === name);
      if (entry === undefined) return undefined;
      // A voice that does not speak the language would say nonsense: another one takes over for that sentence.
      return speaks(entry.voice, language)
        ? toChoice(entry, language)
        : pickVoice(language, entry.voice.gender ?? 'female');
    },
    findRecognizer(name, language) {
      const fits = (recognizer: SpeechRecognizer) =>
        language === undefined ||
        recognizer.languages.some((tag) => tag === '*' || primary(tag) === primary(language));
      return recognizers.find(
        ({ provider, recognizer }) => (name === 'default' || provider.id === name) && fits(recognizer),
      )?.recognizer;
    },
  };
}

function listModels(providers: readonly Provider[], defaultModel: string | undefined): ModelEntry[] {
  const offered = providers.flatMap((provider) =>
    (provider.languageModels?.models ?? []).map((model) => ({
      provider,
      model,
      open: () => {
        if (provider.languageModels === undefined)
          throw new Error(`${provider.id} offers no language model.`);
        return provider.languageModels.get(model.id);
      },
    })),
  );
  const real = offered.filter(({ provider }) => provider.id !== STAND_IN_PROVIDER_ID);
  const preferred = real.find(({ model }) => model.id === defaultModel) ?? real[0] ?? offered[0];
  const entries: ModelEntry[] = [];
  for (const name of DOCUMENTED_LLM_NAMES) {
    const target = real.find(({ model }) => model.id === name) ?? preferred;
    if (target === undefined) break;
    entries.push({
      name,
      service: target.provider.id,
      display_name: `${name} → ${target.model.displayName}`,
      description: `Documented name, answered by ${target.provider.displayName}`,
      open: target.open,
    });
  }
  for (const { provider, model, open } of offered) {
    if (entries.some(({ name }) => name === model.id)) continue;
    entries.push({
      name: model.id,
      service: provider.id,
      display_name: model.displayName,
      description: provider.displayName,
      open,
    });
  }
  return entries;
}

function describeVoice(
  name: string,
  service: string,
  displayName: string,
  description: string,
  settings: { readonly languages: readonly string[]; readonly gender: 'female' | 'male' | null },
): TtsType {
  return {
    name,
    service,
    speaker: name,
    streamable: true,
    model: null,
    voice: null,
    style: null,
    voice_settings: { ...settings },
    voice_extra_data: null,
    display_name: displayName,
    description,
  };
}

function primary(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? '';
}

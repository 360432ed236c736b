/**
 * The names that clients choose from, and what stands behind each on this machine: language models, voices,
 * recognisers. Documented names always exist and lead to the best that is configured.
 */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { LlmType, SttType, TtsType } from '@visavox/contract';
import type { Provider, SpeechRecognizer, SpeechSynthesizer, Voice } from '../providers/provider.ts';
import type { Caller, Choice, Engines } from './engines.ts';
import { coversLanguage, OBJECTIVES, type Objective } from './intent.ts';

export interface VoiceChoice {
  readonly synthesizer: SpeechSynthesizer;
  readonly voiceId: string;
  readonly language: string;
}

/** Finds what stands behind a name. */
export interface EngineFinder {
  /** Undefined for a name that is not in the catalogue. */
  findLanguageModel(name: string): LanguageModelV4 | undefined;
  /** The voice of a catalogue name for text in `language`; undefined when no voice of this machine speaks it. */
  findVoice(name: string, language: string): VoiceChoice | undefined;
  /** The recogniser of a catalogue name for `language` (undefined: not known); undefined when none fits. */
  findRecognizer(name: string, language: string | undefined): SpeechRecognizer | undefined;
}

/** Its own engines are the providers' themselves. */
export interface Catalogue extends EngineFinder {
  readonly llmTypes: readonly LlmType[];
  readonly ttsTypes: readonly TtsType[];
  readonly sttTypes: readonly SttType[];
  /** Engines that go on with another provider when the one that was chosen fails, and are metered. */
  forSession(caller: Caller): EngineFinder;
}

export const STAND_IN_PROVIDER_ID = 'stand-in';
/** The name of the recogniser that fits the language best. */
const DEFAULT_RECOGNIZER = 'default';

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
  /** Undefined for routed names: only sessions have them. */
  readonly open: (() => LanguageModelV4) | undefined;
  readonly choice: Choice;
}

/** Names that stand for whoever is best. */
const ROUTED_NAMES: readonly (readonly [name: string, objective: Objective])[] = OBJECTIVES.map(
  (objective) => [objective === 'balanced' ? 'auto' : `auto-${objective}`, objective],
);

export function createCatalogue(
  providers: readonly Provider[],
  options: {
    readonly defaultModel?: string | undefined;
    /** Absent: sessions get the providers' own engines, and there are no routed names. */
    readonly engines?: Engines | undefined;
  } = {},
): Catalogue {
  const { engines } = options;
  const routedNames = engines === undefined ? [] : ROUTED_NAMES;
  const models = listModels(providers, options.defaultModel, routedNames);
  const voices = providers.flatMap((provider) =>
    (provider.synthesizer?.voices ?? []).map((voice) => ({ provider, voice })),
  );
  const recognizers = providers.flatMap((provider) =>
    provider.recognizer === undefined ? [] : [{ provider, recognizer: provider.recognizer }],
  );

  const spoken = [...new Set(voices.flatMap(({ voice }) => voice.languages))];

  type VoiceEntry = (typeof voices)[number];

  const speaks = (voice: Voice, language: string): boolean => coversLanguage(voice.languages, language);

  /** The first voice in provider order that speaks the language, of the wished gender if there is one. */
  const pickVoice = (language: string, gender: 'female' | 'male'): VoiceEntry | undefined => {
    const fitting = voices.filter(({ voice }) => speaks(voice, language));
    return fitting.find(({ voice }) => voice.gender === gender) ?? fitting[0];
  };

  const resolveVoice = (name: string, language: string): VoiceEntry | undefined => {
    const documented = DOCUMENTED_VOICE_NAMES.find((entry) => entry.name === name);
    if (documented !== undefined) return pickVoice(language, documented.gender);
    const entry = voices.find(({ provider, voice }) => `${provider.id}-${voice.id}` === name);
    if (entry === undefined) return undefined;
    // A voice that does not speak the language would say nonsense: another one takes over for that sentence.
    return speaks(entry.voice, language) ? entry : pickVoice(language, entry.voice.gender ?? 'female');
  };

  const resolveRecognizer = (name: string, language: string | undefined) =>
    recognizers.find(
      ({ provider, recognizer }) =>
        (name === DEFAULT_RECOGNIZER || provider.id === name) &&
        (language === undefined || coversLanguage(recognizer.languages, language)),
    );

  const direct: EngineFinder = {
    findLanguageModel: (name) => models.find((entry) => entry.name === name)?.open?.(),
    findVoice(name, language) {
      const entry = resolveVoice(name, language);
      return entry?.provider.synthesizer === undefined
        ? undefined
        : { synthesizer: entry.provider.synthesizer, voiceId: entry.voice.id, language };
    },
    findRecognizer: (name, language) => resolveRecognizer(name, language)?.recognizer,
  };

  const routed = (routes: Engines, caller: Caller): EngineFinder => {
    const objectiveOf = (name: string) => routedNames.find(([known]) => known === name)?.[1];
    return {
      findLanguageModel(name) {
        const entry = models.find((one) => one.name === name);
        return entry === undefined ? undefined : routes.languageModel(entry.choice, caller);
      },
      findVoice(name, language) {
        const objective = objectiveOf(name);
        if (objective !== undefined) {
          return { synthesizer: routes.synthesizer({ objective }, undefined, caller), voiceId: '', language };
        }
        const entry = resolveVoice(name, language);
        if (entry === undefined) return undefined;
        const choice = { providerId: entry.provider.id };
        return {
          synthesizer: routes.synthesizer(choice, entry.voice.gender, caller),
          voiceId: entry.voice.id,
          language,
        };
      },
      findRecognizer(name, language) {
        const objective = objectiveOf(name);
        if (objective !== undefined) {
          return recognizers.length === 0
            ? undefined
            : routes.recognizer({ objective }, { exact: false, languages: ['*'] }, caller);
        }
        const entry = resolveRecognizer(name, language);
        if (entry === undefined) return undefined;
        const { provider, recognizer } = entry;
        const exact = name !== DEFAULT_RECOGNIZER;
        return routes.recognizer(
          { providerId: provider.id },
          { exact, languages: recognizer.languages },
          caller,
        );
      },
    };
  };

  return {
    ...direct,
    forSession: (caller) => (engines === undefined ? direct : routed(engines, caller)),
    llmTypes: models.map(({ open: _, choice: __, ...entry }) => entry),
    ttsTypes: [
      ...DOCUMENTED_VOICE_NAMES.map(({ name, note, gender }) =>
        describeVoice(name, 'visavox', name, note, { languages: spoken, gender }),
      ),
      ...routedNames.map(([name, objective]) =>
        describeVoice(
          name,
          'visavox',
          `Best voice (${objective})`,
          'Chosen for each sentence, with failover',
          {
            languages: spoken,
            gender: null,
          },
        ),
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
        name: DEFAULT_RECOGNIZER,
        service: 'visavox',
        options: '',
        display_name: 'Default recogniser',
        description:
          recognizers.length === 0
            ? 'No recogniser is installed; see README.md for how to add one'
            : `Takes the best that is installed for the language: ${recognizers.map(({ provider }) => provider.displayName).join(', ')}`,
      },
      ...routedNames.map(([name, objective]) => ({
        name,
        service: 'visavox',
        options: '',
        display_name: `Best recogniser (${objective})`,
        description: 'Chosen for each recording, with failover',
      })),
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
  };
}

function listModels(
  providers: readonly Provider[],
  defaultModel: string | undefined,
  routedNames: typeof ROUTED_NAMES,
): ModelEntry[] {
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
      choice: { providerId: target.provider.id, modelId: target.model.id },
    });
  }
  if (offered.length > 0) {
    for (const [name, objective] of routedNames) {
      entries.push({
        name,
        service: 'visavox',
        display_name: `Best language model (${objective})`,
        description: 'Chosen for each answer, with failover',
        open: undefined,
        choice: { objective },
      });
    }
  }
  for (const { provider, model, open } of offered) {
    if (entries.some(({ name }) => name === model.id)) continue;
    entries.push({
      name: model.id,
      service: provider.id,
      display_name: model.displayName,
      description: provider.displayName,
      open,
      choice: { providerId: provider.id, modelId: model.id },
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

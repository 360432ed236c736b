/** Which model, voice, recogniser and style a session gets: what the user named, the usual names, or the first there is. */
import { CommandError } from '../client.ts';
import type { Capability, ChatApi, Named, SettingKind, SignalOption } from './api.ts';

interface Choice {
  readonly kind: SettingKind;
  /** Needed for this; undefined: always wanted. */
  readonly capability: Capability | undefined;
  readonly flag: string;
  /** What one is called in sentences. */
  readonly noun: string;
  readonly usual: string;
}

const CHOICES = {
  llmType: {
    kind: 'llm_type',
    capability: 'LLM',
    flag: '--llm-type',
    noun: 'language model',
    usual: 'gpt-35',
  },
  ttsType: { kind: 'tts_type', capability: 'TTS', flag: '--tts-type', noun: 'voice', usual: 'yuri' },
  sttType: {
    kind: 'stt_type',
    capability: 'STT',
    flag: '--stt-type',
    noun: 'speech recogniser',
    usual: 'default',
  },
  modelStyle: {
    kind: 'modelstyle',
    capability: undefined,
    flag: '--model-style',
    noun: 'model style',
    usual: 'yuri-front_natural',
  },
} as const satisfies Readonly<Record<string, Choice>>;

type ChoiceName = keyof typeof CHOICES;
export type NamedChoices = Readonly<Partial<Record<ChoiceName, string | undefined>>>;

/** The names that are taken when none is given. */
export const USUAL_NAMES = {
  llmType: CHOICES.llmType.usual,
  ttsType: CHOICES.ttsType.usual,
  sttType: CHOICES.sttType.usual,
  modelStyle: CHOICES.modelStyle.usual,
} as const;

export interface Chosen {
  readonly names: NamedChoices;
  /** What is left of the wished ones. */
  readonly capability: readonly Capability[];
  /** What was chosen otherwise than usual: a sentence each. */
  readonly notes: readonly string[];
  /** Why a wished capability is missing. */
  readonly missing: Readonly<Partial<Record<Capability, string>>>;
}

/** @throws {CommandError} when the server does not have what the user named. */
export async function chooseNames(
  api: ChatApi,
  given: NamedChoices,
  wished: readonly Capability[],
  { signal }: SignalOption,
): Promise<Chosen> {
  const names: Partial<Record<ChoiceName, string>> = {};
  const notes: string[] = [];
  const missing: Partial<Record<Capability, string>> = {};
  // The table has these keys.
  const wanted = (Object.keys(CHOICES) as ChoiceName[]).filter((name) => {
    const { capability } = CHOICES[name];
    return capability === undefined || wished.includes(capability);
  });
  const lists = await Promise.all(wanted.map((name) => api.list(CHOICES[name].kind, { signal })));
  for (const [index, name] of wanted.entries()) {
    const { capability, flag, noun, usual } = CHOICES[name];
    const entries = lists[index] ?? [];
    const choice = choose(entries, given[name], { flag, noun, usual });
    if (choice.name !== undefined) names[name] = choice.name;
    else if (capability !== undefined) missing[capability] = `the server has no ${noun}`;
    if (choice.note !== undefined) notes.push(choice.note);
  }
  return { names, capability: wished.filter((one) => missing[one] === undefined), notes, missing };
}

function choose(
  entries: readonly Named[],
  given: string | undefined,
  { flag, noun, usual }: { readonly flag: string; readonly noun: string; readonly usual: string },
): { readonly name?: string; readonly note?: string } {
  if (given !== undefined) {
    if (entries.some(({ name }) => name === given)) return { name: given };
    const possible = entries.map(({ name }) => name).join(', ');
    throw new CommandError(
      `The server has no ${noun} "${given}". ${flag} can be: ${possible === '' ? '(there is none)' : possible}.`,
    );
  }
  if (entries.some(({ name }) => name === usual)) return { name: usual };
  const [first] = entries;
  if (first === undefined) return { note: `The server has no ${noun}.` };
  return { name: first.name, note: `The server has no ${noun} "${usual}"; "${first.name}" is used instead.` };
}

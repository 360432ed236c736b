/** How one session speaks and listens: its voice, its recogniser, and its rules for spoken and recognised text. */
import type { PcmClip } from '@visavox/audio';
import { LOCALE_OFF } from '@visavox/contract';
import type { EngineFinder } from '../routing/catalogue.ts';
import type { SessionRow } from '../store/store.ts';
import { detectLanguage, splitSentences, type TextRules } from '../text/index.ts';
import { type SpeechChunk, speakSentence, transcribe } from '../turns/voice.ts';
import { DEFAULT_NAMES } from './features.ts';

export interface SessionSpeech {
  /** Text as it is to be spoken, by the session's rules, and its language. */
  prepare(
    text: string,
    options: { readonly locale?: string | undefined },
  ): Promise<{ readonly text: string; readonly locale: string; readonly sentences: readonly string[] }>;
  /** @throws {ProviderError} when no voice of this machine speaks the language. */
  speak(
    sentence: string,
    options: { readonly locale?: string | undefined; readonly signal: AbortSignal },
  ): AsyncIterable<SpeechChunk>;
  /** @throws {ProviderError} when no recogniser fits the language, or the engine fails. */
  transcribe(
    clip: PcmClip,
    options: { readonly language?: string | undefined; readonly signal: AbortSignal },
  ): Promise<{ readonly text: string; readonly locale: string | undefined; readonly normalizedText: string }>;
}

export function createSessionSpeech(
  row: SessionRow,
  options: {
    readonly catalogue: EngineFinder;
    /** Catalogue name of the voice. */
    readonly voice: string;
    /** Undefined when the rule set is gone. */
    readonly loadRules: (configId: string) => Promise<TextRules | undefined>;
  },
): SessionSpeech {
  const { catalogue, loadRules } = options;

  const normalize = async (
    text: string,
    language: string,
    configId: string | null,
    ruleLocale: string | null,
  ): Promise<string> => {
    if (configId === null || ruleLocale === LOCALE_OFF || text === '') return text;
    const rules = await loadRules(configId);
    return rules?.apply(text, ruleLocale ?? language) ?? text;
  };

  return {
    async prepare(text, { locale }) {
      const language = locale ?? detectLanguage(text);
      const spoken = await normalize(
        text,
        language,
        row.textNormalizationConfigId,
        row.textNormalizationLocale,
      );
      return { text: spoken, locale: language, sentences: splitSentences(spoken, { language }) };
    },
    speak: (sentence, { locale, signal }) =>
      speakSentence(catalogue, sentence, {
        ttsType: options.voice,
        locale,
        signal,
      }),
    async transcribe(clip, { language, signal }) {
      if (clip.samples.length === 0) return { text: '', locale: language, normalizedText: '' };
      const heard = await transcribe(catalogue, clip, {
        sttType: row.sttType ?? DEFAULT_NAMES.sttType,
        language,
        signal,
      });
      const locale =
        heard.language ?? language ?? (heard.text === '' ? undefined : detectLanguage(heard.text));
      const normalizedText = await normalize(
        heard.text,
        locale ?? 'en',
        row.sttTextNormalizationConfigId,
        row.sttTextNormalizationLocale,
      );
      return { text: heard.text, locale, normalizedText };
    },
  };
}

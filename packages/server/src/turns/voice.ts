/** One sentence to speech, one recording to text: picks the engine from the catalogue and prepares the text. */
import type { PcmClip } from '@visavox/audio';
import { noRecognizerError, noSynthesizerError } from '../providers/all.ts';
import { joinShortChunks } from '../providers/join-chunks.ts';
import type { SpeechChunk, Transcript } from '../providers/provider.ts';
import type { EngineFinder } from '../routing/catalogue.ts';
import { detectLanguage, normalizeForSpeech } from '../text/index.ts';

export type { SpeechChunk };

export interface VoiceOptions {
  readonly ttsType: string;
  /** BCP 47 tag; undefined means: look at the text. */
  readonly locale?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Speaks one sentence. Nothing comes for text without anything to say.
 * @throws {ProviderError} when no voice of this machine speaks the language.
 */
export async function* speakSentence(
  catalogue: EngineFinder,
  text: string,
  { ttsType, locale, signal }: VoiceOptions,
): AsyncIterable<SpeechChunk> {
  const language = locale ?? detectLanguage(text);
  const voice = catalogue.findVoice(ttsType, language);
  if (voice === undefined) {
    throw noSynthesizerError(language);
  }
  const normalized = normalizeForSpeech(text, language);
  if (!/[\p{L}\p{N}]/u.test(normalized)) return;
  const request = { text: normalized, voiceId: voice.voiceId, language };
  // Mouth shapes are heard in stretches that hold a sound of speech.
  yield* joinShortChunks(voice.synthesizer.synthesize(request, { signal }));
}

/** @throws {ProviderError} when no recogniser fits the language, or the engine fails. */
export async function transcribe(
  catalogue: EngineFinder,
  clip: PcmClip,
  options: { readonly sttType: string; readonly language?: string | undefined; readonly signal: AbortSignal },
): Promise<Transcript> {
  const recognizer = catalogue.findRecognizer(options.sttType, options.language);
  if (recognizer === undefined) {
    throw noRecognizerError(options.language ?? 'of the recording');
  }
  return recognizer.recognize(clip, {
    signal: options.signal,
    ...(options.language === undefined ? {} : { language: options.language }),
  });
}

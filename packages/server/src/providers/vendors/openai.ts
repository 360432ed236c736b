/**
 * OpenAI: language models, transcription of recordings and of live sound, speech, embeddings. Formats are known from the
 * vendor's documentation and SDKs; no live answer was seen.
 */
import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import type { SpeechModel, SpeechRecognizer } from '../provider.ts';
import { openLanguageModels } from './language-models.ts';
import {
  createOpenAiEmbedder,
  createOpenAiRecognizer,
  createOpenAiSynthesizer,
  OPENAI_LANGUAGES,
  type OpenAiAccount,
  openAiVoices,
} from './openai-interface.ts';
import { isLiveOnly, recognizeOpenAiStream, recognizeWhole } from './openai-live.ts';
import { createLifetime } from './transport.ts';
import type { Vendor } from './vendor.ts';

export const OPENAI_BASE_URL = 'https://api.openai.com/v1';
const EMBEDDING_MODEL = 'text-embedding-3-small';

/**
 * Models that the chat interface does not have, or not with tools. All others are asked through it: unlike the newer
 * interface it keeps nothing at the vendor, and it takes stop words and seeds.
 */
const RESPONSES_ONLY = /^(?:gpt-5\.[6-9]|o\d+-pro|gpt-[\d.]+-pro)|codex|deep-research/;

const TRANSCRIPTION_MODELS: readonly SpeechModel[] = [
  ['gpt-4o-mini-transcribe', 'GPT-4o mini Transcribe'],
  ['gpt-4o-transcribe', 'GPT-4o Transcribe'],
  ['whisper-1', 'Whisper'],
  ['gpt-transcribe', 'GPT Transcribe'],
  ['gpt-live-transcribe', 'GPT Live Transcribe'],
].map(([id = '', displayName = '']) => ({ id, displayName, languages: ['*'] }));

const SPEECH_MODELS: readonly SpeechModel[] = [
  ['gpt-4o-mini-tts', 'GPT-4o mini TTS'],
  ['tts-1', 'TTS-1'],
  ['tts-1-hd', 'TTS-1 HD'],
].map(([id = '', displayName = '']) => ({ id, displayName, languages: OPENAI_LANGUAGES }));

const NEWER_VOICES = (
  [
    ['marin', 'female'],
    ['cedar', 'male'],
    ['ballad', 'male'],
    ['verse', 'male'],
  ] as const
).map(([id, gender]) => ({ id, gender, modelIds: ['gpt-4o-mini-tts'] }));

export const openai: Vendor = {
  ...VENDOR_VARIABLES.openai,
  open(options) {
    const displayName = 'OpenAI';
    const { closed, close } = createLifetime(displayName);
    const account: OpenAiAccount = {
      ...options,
      displayName,
      baseUrl: options.baseUrl ?? OPENAI_BASE_URL,
      closed,
    };
    return {
      id: 'openai',
      displayName,
      languageModels: openLanguageModels(
        {
          baseUrl: OPENAI_BASE_URL,
          models: [
            ['gpt-4.1-mini', 'GPT-4.1 mini'],
            ['gpt-4o-mini', 'GPT-4o mini'],
            ['gpt-4o', 'GPT-4o'],
            ['gpt-4.1', 'GPT-4.1'],
            ['gpt-6-luna', 'GPT-6 Luna'],
            ['gpt-6.1-terra', 'GPT-6.1 Terra'],
            ['gpt-6.1-sol', 'GPT-6.1 Sol'],
            ['gpt-5.4-mini', 'GPT-5.4 mini'],
          ],
          connect: (languageAccount) => {
            const sdk = createOpenAI(languageAccount);
            return (modelId) =>
              RESPONSES_ONLY.test(modelId) ? withoutStorage(sdk.responses(modelId)) : sdk.chat(modelId);
          },
        },
        { ...options, displayName, closed },
      ),
      recognizer: createRecognizer(account),
      synthesizer: createOpenAiSynthesizer(account, {
        modelId: 'gpt-4o-mini-tts',
        models: SPEECH_MODELS,
        voices: openAiVoices(displayName, NEWER_VOICES),
      }),
      embedder: createOpenAiEmbedder(account, EMBEDDING_MODEL),
      close,
    };
  },
};

function createRecognizer(account: OpenAiAccount): SpeechRecognizer {
  const batch = createOpenAiRecognizer(account, {
    modelId: 'gpt-4o-mini-transcribe',
    models: TRANSCRIPTION_MODELS,
    tellsTimes: true,
  });
  const recognizeStream: NonNullable<SpeechRecognizer['recognizeStream']> = (sound, options) =>
    recognizeOpenAiStream(account, sound, options);
  return {
    ...batch,
    recognizeStream,
    recognize: (clip, options) =>
      isLiveOnly(options.modelId)
        ? recognizeWhole(clip, options, recognizeStream)
        : batch.recognize(clip, options),
  };
}

/** The vendor would keep answers of this interface for a month. */
function withoutStorage(model: LanguageModelV4): LanguageModelV4 {
  const add = (options: LanguageModelV4CallOptions): LanguageModelV4CallOptions => ({
    ...options,
    providerOptions: {
      ...options.providerOptions,
      openai: { ...options.providerOptions?.['openai'], store: false },
    },
  });
  return {
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    doGenerate: (options) => model.doGenerate(add(options)),
    doStream: (options) => model.doStream(add(options)),
  };
}

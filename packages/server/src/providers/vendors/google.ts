/**
 * Google: Gemini models, recognition and speech, with an API key or the JSON of a service account. An API key must be
 * allowed to use the services it is meant for; Chirp 2 needs a service account. Formats are known from the vendor's
 * documentation and SDKs; no live answer was seen.
 */
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { createVendorFetch } from '../lean-fetch.ts';
import type { LanguageModelCatalogue, LanguageModelInfo } from '../provider.ts';
import { type GoogleAccount, kindOfGoogleError, openGoogleAccount } from './google-account.ts';
import { createGoogleRecognizer } from './google-recognition.ts';
import { createGoogleSynthesizer } from './google-speech.ts';
import { createLifetime, errorOfAnswer } from './transport.ts';
import type { Vendor } from './vendor.ts';

const MODELS: readonly LanguageModelInfo[] = [
  ['gemini-2.5-flash', 'Gemini 2.5 Flash'],
  ['gemini-2.5-flash-lite', 'Gemini 2.5 Flash-Lite'],
  ['gemini-2.5-pro', 'Gemini 2.5 Pro'],
  ['gemini-flash-latest', 'Gemini Flash (latest)'],
  ['gemini-flash-lite-latest', 'Gemini Flash-Lite (latest)'],
  ['gemini-pro-latest', 'Gemini Pro (latest)'],
  ['gemini-3.5-flash', 'Gemini 3.5 Flash'],
  ['gemini-3.5-flash-lite', 'Gemini 3.5 Flash-Lite'],
  ['gemini-2.0-flash', 'Gemini 2.0 Flash'],
  ['gemini-1.5-flash', 'Gemini 1.5 Flash'],
].map(([id = '', displayName = '']) => ({ id, displayName }));

export const google: Vendor = {
  ...VENDOR_VARIABLES.google,
  open(options) {
    const { closed, close } = createLifetime('Google');
    const account = openGoogleAccount(options, closed);
    return {
      id: 'google',
      displayName: 'Google',
      languageModels: createLanguageModels(account),
      recognizer: createGoogleRecognizer(account),
      synthesizer: createGoogleSynthesizer(account),
      close,
    };
  },
};

function createLanguageModels(account: GoogleAccount): LanguageModelCatalogue {
  const what = 'the answer of Google';
  const { closed, options } = account;
  const inner = createVendorFetch({
    displayName: 'Google',
    closed,
    timeoutMs: options.timeoutMs,
    inner: options.fetch,
  });
  const sdk = createGoogleGenerativeAI({
    // Proven below, by key or by token.
    apiKey: '',
    baseURL: account.addresses.gemini,
    fetch: async (input, init) => {
      const signal = init?.signal ? AbortSignal.any([init.signal, closed]) : closed;
      const headers = new Headers(init?.headers);
      headers.delete('x-goog-api-key');
      for (const [name, value] of Object.entries(await account.fetchHeaders(signal)))
        headers.set(name, value);
      const response = await inner(input, { ...init, headers });
      if (!response.ok) throw await errorOfAnswer(response, { what, kindOfError: kindOfGoogleError }, signal);
      return response;
    },
  });
  return { models: MODELS, get: (modelId) => sdk.languageModel(modelId) };
}

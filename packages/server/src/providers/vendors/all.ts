/**
 * Every vendor that can be reached with a key. Adding one is its file, a line here, and its variables in the contract, where
 * `visavox doctor` finds them too.
 */
import type { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { anthropic } from './anthropic.ts';
import { assemblyai } from './assemblyai.ts';
import { azure } from './azure.ts';
import { cartesia } from './cartesia.ts';
import { cerebras } from './cerebras.ts';
import { deepgram } from './deepgram.ts';
import { deepseek } from './deepseek.ts';
import { elevenlabs } from './elevenlabs.ts';
import { fireworks } from './fireworks.ts';
import { google } from './google.ts';
import { groq } from './groq.ts';
import { mistral } from './mistral.ts';
import { openai } from './openai.ts';
import { rime } from './rime.ts';
import { soniox } from './soniox.ts';
import { together } from './together.ts';
import type { Vendor } from './vendor.ts';
import { xai } from './xai.ts';

export const VENDORS: readonly Vendor[] = Object.values({
  anthropic,
  assemblyai,
  azure,
  cartesia,
  cerebras,
  deepgram,
  deepseek,
  elevenlabs,
  fireworks,
  google,
  groq,
  mistral,
  openai,
  rime,
  soniox,
  together,
  xai,
} satisfies Readonly<Record<keyof typeof VENDOR_VARIABLES, Vendor>>);

export function findVendor(id: string): Vendor | undefined {
  return VENDORS.find((vendor) => vendor.id === id);
}

type ServedModality = 'stt' | 'llm' | 'tts';
const modalities = new WeakMap<Vendor, readonly ServedModality[]>();

/** What a vendor offers. */
export function modalitiesOf(vendor: Vendor): readonly ServedModality[] {
  const known = modalities.get(vendor);
  if (known !== undefined) return known;
  // Opening connects to nothing; no call is made with this key.
  const { recognizer, languageModels, synthesizer } = vendor.open({ apiKey: 'none' });
  const offered: readonly ServedModality[] = [
    ...(recognizer === undefined ? [] : (['stt'] as const)),
    ...(languageModels === undefined ? [] : (['llm'] as const)),
    ...(synthesizer === undefined ? [] : (['tts'] as const)),
  ];
  modalities.set(vendor, offered);
  return offered;
}

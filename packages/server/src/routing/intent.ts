/** What a caller wants from routing, and the languages and regions it may name. */

import { primaryLanguage } from '../text/language.ts';

export const MODALITIES = ['stt', 'llm', 'tts', 's2s'] as const;
export type Modality = (typeof MODALITIES)[number];

export const OBJECTIVES = ['balanced', 'accuracy', 'latency', 'cost'] as const;
export type Objective = (typeof OBJECTIVES)[number];

export interface RoutingIntent {
  /** BCP 47 tag in canonical case. */
  readonly language: string;
  /** A region that is not measured behaves like `global`. */
  readonly region: string;
  readonly optimizeFor: Objective;
}

/** Entries are `vendor` or `vendor:model`; an absent or empty list allows all. */
export type AllowedProviders = Readonly<Partial<Record<Modality, readonly string[]>>>;

/** Whether one of the tags covers the language: `*`, or the same base language. */
export function coversLanguage(tags: readonly string[], language: string): boolean {
  const base = primaryLanguage(language);
  return tags.some((tag) => tag === '*' || primaryLanguage(tag) === base);
}

export interface ProviderSelector {
  readonly providerId: string;
  /** Undefined means any model of the vendor. */
  readonly modelId: string | undefined;
}

/** `vendor` or `vendor:model`; spaces around and letter case do not count. */
export function parseSelector(entry: string): ProviderSelector {
  const text = entry.trim().toLowerCase();
  const colon = text.indexOf(':');
  return colon === -1
    ? { providerId: text, modelId: undefined }
    : { providerId: text.slice(0, colon), modelId: text.slice(colon + 1) };
}

/** Whether a list of entries lets a model through. */
export function isAllowed(
  allowed: readonly string[] | undefined,
  { providerId, modelId }: { readonly providerId: string; readonly modelId: string },
): boolean {
  if (allowed === undefined || allowed.length === 0) return true;
  return allowed
    .map(parseSelector)
    .some(
      (selector) =>
        selector.providerId === providerId.toLowerCase() &&
        (selector.modelId === undefined || selector.modelId === modelId.toLowerCase()),
    );
}

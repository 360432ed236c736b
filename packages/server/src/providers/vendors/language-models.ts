/** Vendors that are reached through the AI SDK: what each of their files says, and what all of them have in common. */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { VendorVariables } from '@visavox/contract/vendors';
import { createVendorFetch } from '../lean-fetch.ts';
import type { LanguageModelCatalogue, LanguageModelInfo } from '../provider.ts';
import { createQuickText } from '../quick-text.ts';
import { createLifetime } from './transport.ts';
import type { Vendor, VendorOptions } from './vendor.ts';

/** How a package of the AI SDK is set up. Always complete, so that none of them looks into the environment. */
export interface LanguageModelAccount {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly fetch: typeof fetch;
}

export interface LanguageModelVendor extends VendorVariables {
  readonly languageModels: LanguageModelsOfVendor;
}

export interface LanguageModelsOfVendor {
  /** The vendor's own address. */
  readonly baseUrl: string;
  /** The most recommended first. */
  readonly models: readonly (readonly [id: string, displayName: string])[];
  /** Ids that the vendor knows by another name. */
  readonly realIds?: Readonly<Record<string, string>>;
  /** Answers are not those of the chat interface: see `createQuickText`. */
  readonly hasOwnInterface?: boolean;
  readonly connect: (account: LanguageModelAccount) => (modelId: string) => LanguageModelV4;
}

/** A vendor that offers language models and nothing else. */
export function createLanguageModelVendor({ languageModels, ...vendor }: LanguageModelVendor): Vendor {
  return {
    ...vendor,
    open(options) {
      const { id, displayName } = vendor;
      const { closed, close } = createLifetime(displayName);
      return {
        id,
        displayName,
        languageModels: openLanguageModels(languageModels, { ...options, displayName, closed }),
        close,
      };
    },
  };
}

export function openLanguageModels(
  { models, realIds = {}, baseUrl, hasOwnInterface = false, connect }: LanguageModelsOfVendor,
  options: VendorOptions & { readonly displayName: string; readonly closed: AbortSignal },
): LanguageModelCatalogue {
  const { apiKey, displayName, closed, timeoutMs, fetch: inner } = options;
  const vendorFetch = createVendorFetch({ displayName, closed, timeoutMs, inner });
  const quick = hasOwnInterface ? undefined : createQuickText(vendorFetch);
  const open = connect({
    apiKey,
    baseURL: options.baseUrl ?? baseUrl,
    fetch: quick?.fetch ?? vendorFetch,
  });
  return {
    models: models.map(([id, displayName]): LanguageModelInfo => ({ id, displayName })),
    get(modelId) {
      const model = open(Object.hasOwn(realIds, modelId) ? (realIds[modelId] ?? modelId) : modelId);
      return quick?.wrap(model) ?? model;
    },
  };
}

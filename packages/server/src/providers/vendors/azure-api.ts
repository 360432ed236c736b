/** What speech and recognition of Azure share: the account, its addresses, names of languages, the meaning of errors. */
import { z } from 'zod';
import { canonicalLanguage, primaryLanguage } from '../../text/language.ts';
import { ProviderError, type ProviderErrorKind } from '../provider.ts';
import type { VendorOptions } from './vendor.ts';

export interface AzureAccount extends VendorOptions {
  readonly closed: AbortSignal;
}

/** In a region each service has a host of its own; a resource of one's own has one for all, told apart by the path. */
export function azureAddress(account: AzureAccount, service: 'tts' | 'stt' | 'api', path: string): string {
  const { baseUrl, region } = account;
  if (baseUrl !== undefined) return `${baseUrl}${service === 'api' ? '' : `/${service}`}${path}`;
  if (region === undefined || !/^[a-z0-9-]+$/.test(region)) {
    throw new ProviderError('auth', 'expected the region of Azure Speech in its setting or before the key');
  }
  const domain = service === 'api' ? 'api.cognitive' : `${service}.speech`;
  return `https://${region}.${domain}.microsoft.com${path}`;
}

export function azureHeaders({ apiKey }: AzureAccount): Readonly<Record<string, string>> {
  return { 'ocp-apim-subscription-key': apiKey };
}

/** The vendor wants a region with every language: `ko` → `ko-KR`. */
export function azureLocale(tag: string): string {
  const primary = primaryLanguage(tag);
  const own = { no: 'nb', nn: 'nb', tl: 'fil', cmn: 'zh' }[primary] ?? primary;
  const canonical = canonicalLanguage(tag) ?? own;
  const [, region] = /-([A-Z]{2}|\d{3})$/.exec(canonical) ?? [];
  if (region !== undefined) return `${own}-${region}`;
  const usual = { ar: 'SA', sw: 'KE', yue: 'CN', sr: 'RS' }[own] ?? new Intl.Locale(own).maximize().region;
  return usual === undefined ? own : `${own}-${usual}`;
}

const ERROR_TEXTS = z.object({ code: z.string().nullish(), message: z.string().nullish() });
const ERROR = ERROR_TEXTS.extend({
  innerError: ERROR_TEXTS.nullish(),
  error: ERROR_TEXTS.nullish(),
});

export function kindOfAzureError(status: number, body: unknown): ProviderErrorKind | undefined {
  const { success, data } = ERROR.safeParse(body);
  const parts = success ? [data, data.innerError, data.error] : [];
  const codes = success ? parts.map((part) => part?.code ?? '').join(' ') : '';
  const words = success ? parts.map((part) => part?.message ?? '').join(' ') : String(body);
  if ((status === 403 || status === 429) && /quota/i.test(`${codes} ${words}`)) {
    // The quota of a free resource is over until the next month; a paid one has a rate.
    return status === 403 ? 'payment' : undefined;
  }
  if (status < 500 && /audio/i.test(codes) && !/limit|long|large/i.test(codes)) return 'bad-audio';
  if (
    status === 400 &&
    /audio/i.test(words) &&
    /(invalid|unsupported|corrupt|empty|decod|format)/i.test(words)
  ) {
    return 'bad-audio';
  }
  return undefined;
}

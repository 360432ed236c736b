/** What speech and recognition of Cartesia share: the account, names of languages, and the meaning of errors. */
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import { errorFromStatus } from '../http.ts';
import { ProviderError, type ProviderErrorKind } from '../provider.ts';
import type { VendorAccount } from './vendor.ts';

/** Errors are JSON from this version on. */
const API_VERSION = '2026-03-01';
/** Where the vendor's name of a language is another. */
const OWN_NAMES: Readonly<Record<string, string>> = { nb: 'no', fil: 'tl', cmn: 'zh' };

export function cartesiaHeaders({ apiKey }: VendorAccount): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${apiKey}`, 'cartesia-version': API_VERSION };
}

export function cartesiaLanguage(tag: string): string {
  const primary = primaryLanguage(tag);
  return OWN_NAMES[primary] ?? primary;
}

const ERROR = z.object({
  status_code: z.number().nullish(),
  error_code: z.string().nullish(),
  title: z.string().nullish(),
});

/** The error in the middle of an answer that had begun well. */
export function cartesiaError(said: unknown, what: string): ProviderError {
  const status = ERROR.safeParse(said).data?.status_code ?? undefined;
  const plain = errorFromStatus(status ?? 500, null, what);
  return new ProviderError(
    kindOfCartesiaError(status ?? 0, said) ?? plain.kind,
    `${what} failed`,
    status === undefined ? {} : { status },
  );
}

export function kindOfCartesiaError(status: number, body: unknown): ProviderErrorKind | undefined {
  const { success, data } = ERROR.safeParse(body);
  if (!success) return undefined;
  const words = `${data.error_code ?? ''} ${data.title ?? ''}`.toLowerCase();
  if (/quota|credit|payment|billing/.test(words)) return 'payment';
  if (/concurrency|rate.?limit/.test(words)) return 'rate-limited';
  if (status >= 500) return undefined;
  if (
    /(invalid|unsupported|corrupt|empty).*(audio|file)|(audio|file).*(invalid|unsupported|corrupt|empty)/.test(
      words,
    )
  ) {
    return 'bad-audio';
  }
  if (
    /(model|voice|language|transcript).*(not.found|invalid|unsupported)|(invalid|unsupported) (model|voice|language|transcript)/.test(
      words,
    )
  ) {
    return 'bad-request';
  }
  return undefined;
}

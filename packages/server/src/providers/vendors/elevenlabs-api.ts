/** What speech and recognition of ElevenLabs share: the account, names of languages, and the meaning of errors. */
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import type { ProviderErrorKind } from '../provider.ts';

/** The vendor's code of a language. */
export function codeOf(tag: string): string {
  const primary = primaryLanguage(tag);
  return { nb: 'no', nn: 'no', tl: 'fil', cmn: 'zh' }[primary] ?? primary;
}

const ERROR = z.object({
  detail: z.object({ status: z.string().nullish(), code: z.string().nullish(), type: z.string().nullish() }),
});

/** What the vendor's words mean; over HTTP a status alone says too little (401 is also an empty account). */
export function kindOfElevenLabsError(status: number, body: unknown): ProviderErrorKind | undefined {
  const { success, data } = ERROR.safeParse(body);
  if (!success) return undefined;
  const words = Object.values(data.detail).join(' ');
  if (/quota_exceeded|payment|insufficient_(credits|funds)|billing/.test(words)) return 'payment';
  if (/too_many_concurrent|concurrent_limit|rate_limit|system_busy/.test(words)) return 'rate-limited';
  if (/invalid_api_key|missing_permissions|needs_authorization|unusual_activity/.test(words)) return 'auth';
  if (
    /audio_too_short|invalid_audio|corrupt|empty_file|invalid_content|unsupported_(file|audio)/.test(words)
  ) {
    return 'bad-audio';
  }
  // The key is good, but not for this.
  if (status === 403 && /voice|model|language|output_format/.test(words)) return 'bad-request';
  return undefined;
}

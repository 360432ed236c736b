/**
 * An account at Google, by the one secret an operator has: an API key, or the JSON of a service account. Says which of
 * the vendor's services are there and how calls prove themselves.
 */
import { sign } from 'node:crypto';
import { z } from 'zod';
import { ProviderError, type ProviderErrorKind } from '../provider.ts';
import { checkRegion, orAbort, parseAnswer, parseJson, readVendorJson, requestVendor } from './transport.ts';
import type { VendorOptions } from './vendor.ts';

export interface GoogleAccount {
  readonly options: VendorOptions;
  readonly closed: AbortSignal;
  /** Set for a service account, which belongs to one. */
  readonly project: string | undefined;
  readonly region: string;
  readonly addresses: {
    /** Up to and without `/models/…`. */
    readonly gemini: string;
    readonly synthesis: string;
    readonly recognition: string;
  };
  /** @throws {ProviderError} `auth` when the secret is refused. */
  fetchHeaders(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Sends JSON and reads JSON; a GET without a body. */
  call(
    url: string,
    request: { readonly what: string; readonly signal: AbortSignal; readonly body?: object },
  ): Promise<unknown>;
}

/** Chirp 2 is there, in europe-west4 and in asia-southeast1. */
const DEFAULT_REGION = 'us-central1';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TOKEN_SECONDS = 3600;
/** A token is replaced so long before its end. */
const TOKEN_RESERVE_MS = 120_000;

const SERVICE_ACCOUNT = z.object({
  client_email: z.string(),
  private_key: z.string(),
  project_id: z.string().optional(),
});

export function openGoogleAccount(options: VendorOptions, closed: AbortSignal): GoogleAccount {
  const { baseUrl, fetch, timeoutMs } = options;
  const isKey = !options.apiKey.trimStart().startsWith('{');
  const parsed = isKey ? undefined : SERVICE_ACCOUNT.safeParse(parseJson(options.apiKey)).data;
  const project = isKey ? undefined : (options.project ?? parsed?.project_id);
  const region = checkRegion(options.region ?? DEFAULT_REGION, 'Google');
  const place = `projects/${encodeURIComponent(project ?? '')}/locations`;
  const addresses = {
    // Service accounts reach the same models at the cloud's own address.
    gemini: isKey
      ? `${baseUrl ?? 'https://generativelanguage.googleapis.com'}/v1beta`
      : `${baseUrl ?? 'https://aiplatform.googleapis.com'}/v1beta1/${place}/global/publishers/google`,
    synthesis: `${baseUrl ?? 'https://texttospeech.googleapis.com'}/v1`,
    recognition: isKey
      ? `${baseUrl ?? 'https://speech.googleapis.com'}/v1`
      : `${baseUrl ?? `https://${region}-speech.googleapis.com`}/v2/${place}/${region}/recognizers/_`,
  };
  const fetchToken = isKey ? undefined : createTokens(parsed, options, closed);

  const fetchHeaders: GoogleAccount['fetchHeaders'] = async (signal) =>
    fetchToken === undefined
      ? { 'x-goog-api-key': options.apiKey }
      : { authorization: `Bearer ${await fetchToken(signal)}` };

  return {
    options,
    closed,
    project,
    region,
    addresses,
    fetchHeaders,
    async call(url, { what, signal, body }) {
      const response = await requestVendor({
        url,
        what,
        signal,
        headers: {
          ...(await fetchHeaders(signal)),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        fetch,
        timeoutMs,
        kindOfError: kindOfGoogleError,
      });
      return await readVendorJson(response, { what, signal });
    },
  };
}

/** Access tokens of a service account (RFC 7523), one for all calls as long as it lasts. */
function createTokens(
  account: z.infer<typeof SERVICE_ACCOUNT> | undefined,
  { baseUrl, fetch, timeoutMs }: VendorOptions,
  closed: AbortSignal,
): (signal: AbortSignal) => Promise<string> {
  const what = 'access token of Google';
  // Never the address in the account's JSON: whoever brings a key could point it anywhere.
  const url = `${baseUrl ?? 'https://oauth2.googleapis.com'}/token`;
  let token: { readonly value: Promise<string>; endsAtMs: number } | undefined;

  const load = async (onLifetime: (seconds: number) => void): Promise<string> => {
    if (account === undefined) {
      throw new ProviderError('auth', 'expected an API key or the JSON of a service account of Google');
    }
    const response = await requestVendor({
      url,
      what,
      signal: closed,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: createAssertion(account),
      }).toString(),
      fetch,
      timeoutMs,
      // `invalid_grant` and `invalid_client` come as 400.
      kindOfError: (status) => (status === 400 ? 'auth' : undefined),
    });
    const answer = parseAnswer(
      z.object({ access_token: z.string(), expires_in: z.number().default(TOKEN_SECONDS) }),
      await readVendorJson(response, { what, signal: closed }),
      what,
    );
    onLifetime(answer.expires_in);
    return answer.access_token;
  };

  return async (signal) => {
    signal.throwIfAborted();
    if (token === undefined || Date.now() > token.endsAtMs) {
      const created = {
        endsAtMs: Number.POSITIVE_INFINITY,
        value: load((seconds) => {
          created.endsAtMs = Date.now() + seconds * 1000 - TOKEN_RESERVE_MS;
        }),
      };
      token = created;
      created.value.catch(() => {
        if (token === created) token = undefined;
      });
    }
    // Several calls wait for one token; one that is aborted leaves the others theirs.
    return await orAbort(token.value, signal);
  };
}

function createAssertion(account: z.infer<typeof SERVICE_ACCOUNT>): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({
    iss: account.client_email,
    scope: SCOPE,
    aud: 'https://oauth2.googleapis.com/token',
    iat: now,
    exp: now + TOKEN_SECONDS,
  })}`;
  try {
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), account.private_key).toString('base64url')}`;
  } catch {
    throw new ProviderError('auth', 'the private key of the service account of Google cannot be read');
  }
}

const ERROR = z.object({
  error: z.object({
    message: z.string().default(''),
    status: z.string().default(''),
    details: z.array(z.object({ reason: z.string().optional() })).default([]),
  }),
});

export function kindOfGoogleError(status: number, body: unknown): ProviderErrorKind | undefined {
  // Streamed answers wrap it in a list.
  const { success, data } = ERROR.safeParse(Array.isArray(body) ? body[0] : body);
  if (!success) return undefined;
  const { message, details } = data.error;
  const reasons = details.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  if (
    reasons.some((reason) => reason.startsWith('API_KEY_')) ||
    /API key (not valid|expired)/i.test(message)
  ) {
    return 'auth';
  }
  if (
    reasons.includes('BILLING_DISABLED') ||
    /billing (to be|is) (enabled|disabled)|enable billing/i.test(message)
  ) {
    return 'payment';
  }
  if (
    status === 400 &&
    /audio|decod|encoding|sample rate|wav/i.test(message) &&
    !/too long|exceeds/i.test(message)
  ) {
    return 'bad-audio';
  }
  return undefined;
}

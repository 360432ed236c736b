/**
 * One call of a webhook: signed as Standard Webhooks does, without following it into other protocols or the private
 * network, and with an answer that is cut off where it becomes too long.
 */
import { createHmac } from 'node:crypto';
import { findAddressProblem, type WebhookAddressRules } from './webhook-address.ts';

export interface WebhookRequest {
  readonly url: string;
  /** The same for every repetition of one call. */
  readonly id: string;
  readonly body: string;
  readonly secret: string;
  /** Left out when the call is sent on to another origin. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebhookParts extends WebhookAddressRules {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => Date;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly text: string;
}

/** The address may not be called, or does not answer in a way that counts. The message may be shown. */
export class WebhookError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WebhookError';
  }
}

const MAX_REDIRECTS = 3;
const MAX_ANSWER_BYTES = 64 * 1024;

/** @throws {WebhookError} when the address may not be called; whatever `fetch` throws. */
export async function callWebhook(
  request: WebhookRequest,
  parts: WebhookParts,
  { signal }: { readonly signal: AbortSignal },
): Promise<WebhookAnswer> {
  let url = request.url;
  for (let redirects = 0; ; redirects++) {
    const problem = findAddressProblem(url, parts);
    if (problem !== undefined) throw new WebhookError(problem);
    const isSameOrigin = new URL(url).origin === new URL(request.url).origin;
    const response = await parts.fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal,
      body: request.body,
      headers: {
        ...(isSameOrigin ? request.headers : {}),
        'Content-Type': 'application/json',
        'User-Agent': 'visavox',
        ...signWebhook(request, parts.now()),
      },
    });
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      // Others turn the call into one without its body.
      if (response.status !== 307 && response.status !== 308) {
        throw new WebhookError(
          `The webhook answered with the redirect ${response.status}; only 307 and 308 are followed.`,
        );
      }
      if (redirects >= MAX_REDIRECTS || !URL.canParse(location, url)) {
        throw new WebhookError('The webhook redirects too often.');
      }
      url = new URL(location, url).href;
      continue;
    }
    return { status: response.status, text: await readText(response) };
  }
}

/** The three headers of Standard Webhooks. */
export function signWebhook(
  { id, body, secret }: Pick<WebhookRequest, 'id' | 'body' | 'secret'>,
  at: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = createHmac('sha256', signingKeyOf(secret))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Base64 after an optional `whsec_`; what is no base64 counts as it is written. */
function signingKeyOf(secret: string): Buffer {
  const text = secret.replace(/^whsec_/, '');
  return BASE64.test(text) && text !== '' ? Buffer.from(text, 'base64') : Buffer.from(text, 'utf8');
}

async function readText({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let left = MAX_ANSWER_BYTES;
  // Leaving the loop early cancels the rest.
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
    if (left < 0) return `${text} [cut off]`;
  }
  return text + decoder.decode();
}

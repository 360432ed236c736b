/**
 * For each vendor a request that needs the key and costs nothing: a list of models, voices or projects. Formats are known
 * from the vendors' documentation; no live answer was seen.
 */
import { sign } from 'node:crypto';
import { parseObject } from './inspect-server.ts';

export interface VendorAccount {
  readonly key: string;
  /** Replaces the vendor's own address; without a trailing slash. */
  readonly baseUrl: string | undefined;
  readonly region: string | undefined;
}

export interface VendorRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Statuses besides 200 that only a key which is taken gets. */
  readonly acceptedStatuses?: readonly number[];
}

/** The message is the rest of a sentence that begins with the vendor, with what to do. */
export class UnusableKeyError extends Error {
  readonly mend: string;
  constructor(message: string, mend: string) {
    super(message);
    this.name = 'UnusableKeyError';
    this.mend = mend;
  }
}

type CreateRequest = (account: VendorAccount) => VendorRequest;

/** The list of models of the OpenAI interface, below the vendor's own address. */
const openAiModels =
  (ownBaseUrl: string): CreateRequest =>
  ({ key, baseUrl = ownBaseUrl }) => ({ url: `${baseUrl}/models`, headers: bearer(key) });

const REQUESTS: Readonly<Record<string, CreateRequest>> = {
  anthropic: ({ key, baseUrl = 'https://api.anthropic.com/v1' }) => ({
    // The vendor's own SDKs take an address without the version.
    url: `${baseUrl.replace(/\/v1$/, '')}/v1/models?limit=1`,
    headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
  }),
  assemblyai: ({ key, region, baseUrl }) => ({
    url: `${baseUrl ?? addressIn(region, 'assemblyai.com')}/v2/transcript?limit=1`,
    headers: { authorization: key },
  }),
  azure: createAzureRequest,
  cartesia: ({ key, baseUrl = 'https://api.cartesia.ai' }) => ({
    url: `${baseUrl}/voices?limit=1`,
    headers: { ...bearer(key), 'cartesia-version': '2026-03-01' },
  }),
  cerebras: openAiModels('https://api.cerebras.ai/v1'),
  deepgram: ({ key, baseUrl = 'https://api.deepgram.com' }) => ({
    url: `${baseUrl}/v1/projects`,
    headers: { authorization: `Token ${key}` },
  }),
  deepseek: openAiModels('https://api.deepseek.com'),
  elevenlabs: ({ key, baseUrl = 'https://api.elevenlabs.io' }) => ({
    url: `${baseUrl}/v2/voices?page_size=1`,
    headers: { 'xi-api-key': key },
  }),
  fireworks: openAiModels('https://api.fireworks.ai/inference/v1'),
  google: createGoogleRequest,
  groq: openAiModels('https://api.groq.com/openai/v1'),
  mistral: openAiModels('https://api.mistral.ai/v1'),
  openai: openAiModels('https://api.openai.com/v1'),
  // Its lists are open to everybody; a request for no speech is refused for the key first, then for what is missing.
  rime: ({ key, baseUrl = 'https://users.rime.ai' }) => ({
    url: `${baseUrl}/v1/rime-tts`,
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json', accept: 'audio/pcm' },
    body: '{}',
    acceptedStatuses: [400, 422],
  }),
  soniox: ({ key, region, baseUrl }) => ({
    url: `${baseUrl ?? addressIn(region, 'soniox.com')}/v1/models`,
    headers: bearer(key),
  }),
  together: openAiModels('https://api.together.xyz/v1'),
  xai: openAiModels('https://api.x.ai/v1'),
};

/** Vendors that can be asked. */
export const ASKABLE_VENDORS: readonly string[] = Object.keys(REQUESTS);

/** @throws {UnusableKeyError} when the key cannot be sent at all. */
export function createVendorRequest(id: string, account: VendorAccount): VendorRequest {
  const create = Object.hasOwn(REQUESTS, id) ? REQUESTS[id] : undefined;
  if (create === undefined) {
    throw new UnusableKeyError('cannot be asked: this command does not know how', 'Update visavox.');
  }
  return create(account);
}

function createAzureRequest(account: VendorAccount): VendorRequest {
  // A key may bring its region: `westeurope/0123abcd`.
  const [, ownRegion, ownKey] = /^([a-z][a-z0-9-]*)\/(.+)$/.exec(account.key) ?? [];
  const region = ownRegion ?? account.region;
  const headers = { 'ocp-apim-subscription-key': ownKey ?? account.key };
  const path = '/cognitiveservices/voices/list';
  if (account.baseUrl !== undefined) return { url: `${account.baseUrl}/tts${path}`, headers };
  if (region === undefined || !/^[a-z0-9-]+$/.test(region)) {
    throw new UnusableKeyError(
      'needs to know the region of the key',
      'Set AZURE_SPEECH_REGION, e.g. to westeurope.',
    );
  }
  return { url: `https://${region}.tts.speech.microsoft.com${path}`, headers };
}

function createGoogleRequest({ key, baseUrl }: VendorAccount): VendorRequest {
  if (!key.trimStart().startsWith('{')) {
    return {
      url: `${baseUrl ?? 'https://generativelanguage.googleapis.com'}/v1beta/models?pageSize=1`,
      headers: { 'x-goog-api-key': key },
    };
  }
  return {
    url: `${baseUrl ?? 'https://oauth2.googleapis.com'}/token`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: createAssertion(key),
    }).toString(),
  };
}

const ASSERTION_SECONDS = 600;

/** What a service account shows to get a token (RFC 7523). */
function createAssertion(json: string): string {
  const { client_email: email, private_key: privateKey } = parseObject(json);
  if (typeof email !== 'string' || typeof privateKey !== 'string') {
    throw new UnusableKeyError(
      'has the JSON of no service account: client_email or private_key is missing',
      'Put the whole file that Google gave into GOOGLE_CREDENTIALS_JSON.',
    );
  }
  const now = Math.floor(Date.now() / 1000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({
    iss: email,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    aud: 'https://oauth2.googleapis.com/token',
    iat: now,
    exp: now + ASSERTION_SECONDS,
  })}`;
  try {
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
  } catch {
    throw new UnusableKeyError(
      'has a service account whose private key cannot be read',
      'Keep the line ends of private_key as they came (\\n) in GOOGLE_CREDENTIALS_JSON.',
    );
  }
}

function bearer(key: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${key}` };
}

/** Each region but the usual one has a name of its own. */
function addressIn(region: string | undefined, domain: string): string {
  if (region === undefined || region === 'us') return `https://api.${domain}`;
  if (!/^[a-z0-9-]+$/.test(region)) {
    throw new UnusableKeyError(
      'has a region that is none',
      'Correct the variable of the region, e.g. to eu.',
    );
  }
  return `https://api.${region}.${domain}`;
}

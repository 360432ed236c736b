/** The operator's keys of vendors: which are set, and whether each vendor takes its key. No key is ever told. */
import { readFile } from 'node:fs/promises';
import { VENDOR_VARIABLES, type VendorVariables, vendorKeyVariables } from '@visavox/contract/vendors';
import { type Answer, ask } from './ask.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';
import { createVendorRequest, UnusableKeyError } from './vendor-requests.ts';

export interface CheckVendorsOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** For each vendor. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly nameServers?: readonly string[] | undefined;
  readonly fetch?: typeof fetch;
}

export async function checkVendors(options: CheckVendorsOptions): Promise<readonly Finding[]> {
  const found = await Promise.all(
    Object.values(VENDOR_VARIABLES).map((vendor) => checkVendor(vendor, options)),
  );
  const findings = found.filter((finding) => finding !== undefined);
  return findings.length > 0
    ? findings
    : [
        skipped(
          'vendors',
          'no key is set; the built-in engines answer (docs/vendors.md lists the variables)',
        ),
      ];
}

/** Undefined when nothing is set for it. */
async function checkVendor(
  vendor: VendorVariables,
  options: CheckVendorsOptions,
): Promise<Finding | undefined> {
  const { id, displayName, baseUrlVariable, settingVariables = {} } = vendor;
  const { environment } = options;
  const check = `vendor ${id}`;
  try {
    const source = await findKey(vendor, environment);
    const baseUrl = read(environment, baseUrlVariable)?.replace(/\/+$/, '');
    if (source === undefined) {
      // A server of the operator's own may want no key.
      return id === 'openai' && baseUrl !== undefined
        ? await checkOwnServer(check, baseUrl, options)
        : undefined;
    }
    if (baseUrl !== undefined && !/^https?:\/\/[^/?#\s]+/.test(baseUrl)) {
      return failed(check, `${baseUrlVariable} is no http:// or https:// URL`, `Correct ${baseUrlVariable}.`);
    }
    const region =
      settingVariables.region === undefined ? undefined : read(environment, settingVariables.region);
    const request = createVendorRequest(id, { key: source.key, baseUrl, region });
    const answer = await ask(request.url, { ...options, ...request });
    return judge(
      check,
      { displayName, source: source.variable, host: new URL(request.url).host },
      answer,
      request.acceptedStatuses,
    );
  } catch (error) {
    if (error instanceof UnusableKeyError)
      return failed(check, `${displayName} ${error.message}`, error.mend);
    throw error;
  }
}

interface Asked {
  readonly displayName: string;
  /** The variable that holds the key. */
  readonly source: string;
  readonly host: string;
}

function judge(
  check: string,
  { displayName, source, host }: Asked,
  answer: Answer,
  acceptedStatuses: readonly number[] = [],
): Finding {
  if (answer.kind === 'unreachable') {
    return failed(
      check,
      `${displayName} at ${host} ${answer.reason}`,
      'Is this machine allowed to reach it (firewall, proxy)? The key was not tried.',
    );
  }
  const { status, text } = answer;
  if (status === 200 || acceptedStatuses.includes(status))
    return ok(check, `${displayName} takes the key in ${source}`);
  if (isLackOfRights(status, text)) {
    return warning(
      check,
      `${displayName} knows the key in ${source}, but does not let it list what there is`,
      'Give the key more rights if calls fail as well.',
    );
  }
  if (status === 401 || status === 403 || saysWrongKey(status, text)) {
    return failed(
      check,
      `${displayName} refuses the key in ${source} (${status})`,
      `Put a valid key into ${source}, or remove it.`,
    );
  }
  if (status === 402)
    return failed(
      check,
      `${displayName} takes the key in ${source}, but the account is empty (402)`,
      'Add credit to the account.',
    );
  if (status === 429)
    return warning(
      check,
      `${displayName} knows the key in ${source}, but its rate or quota is used up (429)`,
      'Wait, or raise the limits of the account.',
    );
  if (status >= 500)
    return warning(
      check,
      `${displayName} at ${host} is in trouble (${status}); the key was not judged`,
      "Look at the vendor's status page.",
    );
  return failed(
    check,
    `${displayName} at ${host} answers with status ${status}`,
    `Is its address variable right? It must lead to an interface of ${displayName}.`,
  );
}

/** ElevenLabs and Deepgram know keys with few rights. */
function isLackOfRights(status: number, text: string): boolean {
  return (status === 401 || status === 403) && /missing_permissions|insufficient_permissions/i.test(text);
}

/** Google says it with 400. */
function saysWrongKey(status: number, text: string): boolean {
  return status === 400 && /API_KEY_|API key (not valid|expired)|invalid_grant|invalid_client/i.test(text);
}

async function checkOwnServer(
  check: string,
  baseUrl: string,
  options: CheckVendorsOptions,
): Promise<Finding> {
  if (!URL.canParse(baseUrl) || !/^https?:/.test(baseUrl)) {
    return failed(check, 'OPENAI_BASE_URL is no http:// or https:// URL', 'Correct OPENAI_BASE_URL.');
  }
  const { host } = new URL(baseUrl);
  const answer = await ask(`${baseUrl}/models`, options);
  if (answer.kind === 'unreachable') {
    return failed(
      check,
      `the server of OPENAI_BASE_URL at ${host} ${answer.reason}`,
      'Start it, or correct OPENAI_BASE_URL.',
    );
  }
  if (answer.status === 401 || answer.status === 403) {
    return failed(
      check,
      `the server of OPENAI_BASE_URL at ${host} wants a key (${answer.status})`,
      'Set OPENAI_API_KEY.',
    );
  }
  return answer.status === 200
    ? ok(check, `the server of OPENAI_BASE_URL at ${host} lists its models`)
    : warning(
        check,
        `the server of OPENAI_BASE_URL at ${host} lists no models (status ${answer.status})`,
        'Set OPENAI_MODEL to the name of one, or correct OPENAI_BASE_URL.',
      );
}

interface KeySource {
  readonly key: string;
  readonly variable: string;
}

/** @throws {UnusableKeyError} for variables that the server would not start with. */
async function findKey(
  vendor: VendorVariables,
  environment: NodeJS.ProcessEnv,
): Promise<KeySource | undefined> {
  const names = vendorKeyVariables(vendor);
  const both = names.find((name) => read(environment, name) && read(environment, `${name}_FILE`));
  if (both !== undefined) {
    throw new UnusableKeyError(`has two keys: ${both} and ${both}_FILE are set`, 'Remove one of them.');
  }
  for (const variable of names) {
    const key = read(environment, variable);
    if (key !== undefined) return checkForm({ key, variable });
    const file = read(environment, `${variable}_FILE`);
    if (file !== undefined) {
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text.trim() === '') {
        throw new UnusableKeyError(
          `has no key: the file of ${variable}_FILE is empty or cannot be read`,
          `Correct ${variable}_FILE, or the rights of the file.`,
        );
      }
      return checkForm({ key: text.trim(), variable: `${variable}_FILE` });
    }
  }
  return undefined;
}

/** What cannot stand in a header would be quoted by the error about it. */
function checkForm(source: KeySource): KeySource {
  const { key, variable } = source;
  if (/^[\x21-\x7e][\x20-\x7e]*$/.test(key) || (key.startsWith('{') && key.endsWith('}'))) return source;
  throw new UnusableKeyError(
    `has characters in ${variable} that no key has`,
    `Copy the key into ${variable} again.`,
  );
}

function read(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

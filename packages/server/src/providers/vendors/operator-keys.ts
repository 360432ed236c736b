/**
 * The vendors that the operator has keys for, by environment variables. A key may stand in a file; a file that changes is
 * noticed without a restart.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { vendorKeyVariables } from '@visavox/contract/vendors';
import type { Provider } from '../provider.ts';
import { createRenewableProvider } from './renewable-provider.ts';
import type { Vendor, VendorOptions } from './vendor.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OperatorVendorsOptions extends Pick<VendorOptions, 'fetch' | 'timeoutMs'> {
  /** Ids of vendors that are left out, e.g. one whose address is a server of the operator's own. */
  readonly except?: readonly string[];
  /** In milliseconds, from anywhere. */
  readonly now: () => number;
}

/** A variable cannot be used. Its value is never in the message. */
export class VendorKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'VendorKeyError';
  }
}

const REREAD_MS = 3000;

/**
 * Opens every vendor that has a key, in their order.
 * @throws {VendorKeyError} for variables that exclude each other, files that cannot be read, and values that cannot be.
 */
export function openOperatorVendors(
  environment: Environment,
  vendors: readonly Vendor[],
  options: OperatorVendorsOptions,
): Provider[] {
  const providers: Provider[] = [];
  for (const vendor of vendors) {
    if (options.except?.includes(vendor.id)) continue;
    const source = findKey(environment, vendorKeyVariables(vendor));
    if (source === undefined) continue;
    const open = (apiKey: string): Provider =>
      vendor.open({ ...settingsOf(environment, vendor), ...transportOf(options), apiKey });
    providers.push(
      source.path === undefined
        ? open(source.apiKey)
        : createRenewableProvider({
            apiKey: source.apiKey,
            open,
            fetchKey: followFile(source.path, source.apiKey, options.now),
          }),
    );
  }
  return providers;
}

/** Every variable that is read for a vendor. */
export function environmentOf(vendor: Vendor): readonly string[] {
  return [
    ...vendorKeyVariables(vendor).flatMap((name) => [name, `${name}_FILE`]),
    vendor.baseUrlVariable,
    ...Object.values(vendor.settingVariables ?? {}),
  ];
}

interface KeySource {
  readonly apiKey: string;
  /** Present when it stands in a file. */
  readonly path?: string;
}

function findKey(environment: Environment, names: readonly string[]): KeySource | undefined {
  const both = names.find((name) => read(environment, name) && read(environment, `${name}_FILE`));
  if (both !== undefined) {
    throw new VendorKeyError(`Only one of ${both} and ${both}_FILE may be set.`);
  }
  for (const name of names) {
    const value = read(environment, name);
    if (value !== undefined) {
      if (!canBeKey(value)) throw new VendorKeyError(`${name} holds characters that no key has.`);
      return { apiKey: value };
    }
    const path = read(environment, `${name}_FILE`);
    if (path !== undefined) return { apiKey: readKeyFile(path, `${name}_FILE`), path };
  }
  return undefined;
}

function readKeyFile(path: string, name: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new VendorKeyError(`${name} must be the path of a file that can be read.`);
  }
  const key = text.trim();
  if (key === '') throw new VendorKeyError(`The file that ${name} names is empty.`);
  if (!canBeKey(key))
    throw new VendorKeyError(`The file that ${name} names holds characters that no key has.`);
  return key;
}

/** The key in the file, looked up at most every few seconds. A file that is gone or half written changes nothing. */
function followFile(path: string, firstKey: string, now: () => number): () => Promise<string> {
  let key = firstKey;
  let readAtMs = now();
  return async () => {
    if (now() - readAtMs < REREAD_MS) return key;
    readAtMs = now();
    const text = await readFile(path, 'utf8').catch(() => '');
    const found = text.trim();
    if (canBeKey(found)) key = found;
    return key;
  };
}

/** One that cannot stand in a header would be quoted by the error about it. Some vendors' keys are JSON. */
function canBeKey(key: string): boolean {
  return /^[\x21-\x7e][\x20-\x7e]*$/.test(key) || (key.startsWith('{') && key.endsWith('}'));
}

function settingsOf(
  environment: Environment,
  vendor: Vendor,
): Pick<VendorOptions, 'baseUrl' | 'region' | 'project'> {
  const { baseUrlVariable, settingVariables = {} } = vendor;
  const baseUrl = read(environment, baseUrlVariable)?.replace(/\/+$/, '');
  if (baseUrl !== undefined && !/^https?:\/\/[^/?#\s]+/.test(baseUrl)) {
    throw new VendorKeyError(`${baseUrlVariable} must be an address that begins with http:// or https://.`);
  }
  const setting = (name: 'region' | 'project') => {
    const variable = settingVariables[name];
    return variable === undefined ? undefined : read(environment, variable);
  };
  return { baseUrl, region: setting('region'), project: setting('project') };
}

function transportOf({
  fetch,
  timeoutMs,
}: OperatorVendorsOptions): Pick<VendorOptions, 'fetch' | 'timeoutMs'> {
  return { ...(fetch === undefined ? {} : { fetch }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

/** Blank is not set. */
function read(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

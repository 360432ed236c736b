/** Which addresses a webhook may have. The socket is guarded as well: a name may lead elsewhere by the time of a call. */
import { isIP } from 'node:net';
import { isPublicAddress } from '../outbound/guarded-fetch.ts';

export interface WebhookAddressRules {
  /** Whether it may lead into the private network, and then without encryption too. */
  readonly allowPrivate: boolean;
}

/** Names that never lead to the public internet. */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa)$/;

/** Says what is wrong with an address, for the person who sent it; undefined when nothing is. */
export function findAddressProblem(url: string, { allowPrivate }: WebhookAddressRules): string | undefined {
  if (!URL.canParse(url)) return 'Expected a URL.';
  const { protocol, hostname, username, password } = new URL(url);
  if (protocol !== 'https:' && !(allowPrivate && protocol === 'http:')) {
    return 'Expected a URL that begins with https://.';
  }
  if (username !== '' || password !== '') return 'A URL with a user name or password is not called.';
  if (allowPrivate) return undefined;
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const isPrivate =
    isIP(host) === 0 ? PRIVATE_NAME.test(host) || !host.includes('.') : !isPublicAddress(host);
  return isPrivate
    ? 'The address is not a public one. The operator can allow private addresses with VISAVOX_PRIVATE_URLS=allow.'
    : undefined;
}

/** As {@link findAddressProblem}; looks the name up as well. One that cannot be looked up now is judged when it is called. */
export async function findRegistrationProblem(
  url: string,
  rules: WebhookAddressRules & { readonly lookup: (host: string) => Promise<readonly string[]> },
): Promise<string | undefined> {
  const problem = findAddressProblem(url, rules);
  if (problem !== undefined || rules.allowPrivate) return problem;
  const { hostname } = new URL(url);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return undefined;
  const addresses = await rules.lookup(hostname);
  return addresses.length > 0 && !addresses.some(isPublicAddress)
    ? 'The name leads to an address that is not a public one.'
    : undefined;
}

/**
 * What a webhook is called with and nobody may read: its signing secret and the values of its headers. What is sent by
 * a client is split into what is shown, where secrets are references, and what is sealed.
 */

/** Texts by reference. */
export type SecretsByReference = Readonly<Record<string, string>>;

export interface SentWebhook {
  readonly secret?: string | undefined;
  readonly authHeaders?:
    | readonly { readonly name: string; readonly value?: string | undefined }[]
    | undefined;
}

export interface ShownSecrets {
  readonly secretRef: string;
  readonly authHeaders?: readonly { readonly name: string; readonly secretRef: string }[];
}

const TOOL_REFERENCE = /^webhook:([^:]+):([^:]+)(?::header:(.+))?$/;

export function toolSecretReference(agentId: string, toolName: string): string {
  return `webhook:${agentId}:${toolName}`;
}

/** Which tool a reference belongs to; undefined for anything else. */
export function parseToolSecretReference(
  reference: string,
): { readonly agentId: string; readonly toolName: string } | undefined {
  const [, agentId, toolName] = TOOL_REFERENCE.exec(reference) ?? [];
  return agentId === undefined || toolName === undefined ? undefined : { agentId, toolName };
}

/**
 * Secrets that are not sent stay as they were; so do all headers when none are mentioned.
 * @returns `missing`: the members that have neither a sent nor a kept value.
 */
export function splitSecrets(
  reference: string,
  sent: SentWebhook,
  kept: SecretsByReference,
): {
  readonly shown: ShownSecrets;
  readonly secrets: SecretsByReference;
  readonly missing: readonly string[];
} {
  const missing: string[] = [];
  const secrets: Record<string, string> = {};
  const keep = (key: string, value: string | undefined, member: string) => {
    const found = value ?? kept[key];
    if (found === undefined) missing.push(member);
    else secrets[key] = found;
  };
  keep(reference, sent.secret, 'secret');
  const headerReference = (name: string) => `${reference}:header:${name.toLowerCase()}`;
  const prefix = headerReference('');
  const headers =
    sent.authHeaders ??
    Object.keys(kept).flatMap((key) => (key.startsWith(prefix) ? [{ name: key.slice(prefix.length) }] : []));
  for (const [index, { name, ...header }] of headers.entries()) {
    const value = 'value' in header ? header.value : undefined;
    keep(headerReference(name), value, `authHeaders.${index}.value`);
  }
  return {
    shown: {
      secretRef: reference,
      ...(headers.length === 0
        ? {}
        : { authHeaders: headers.map(({ name }) => ({ name, secretRef: headerReference(name) })) }),
    },
    secrets,
    missing,
  };
}

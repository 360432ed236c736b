/** Webhooks that an agent itself names (deprecated in the contract): kept and shown, with their secrets sealed. */
import type { CreateAgentRequest, UpdateAgentRequest } from '@visavox/contract/speko';
import type { Secrets } from '../../secrets/secrets.ts';
import type { AgentRow } from '../../store/store.ts';
import { type SecretsByReference, splitSecrets, toolSecretReference } from '../../tools/webhook-secrets.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { invalidBody } from './call-values.ts';

type SentWebhooks = NonNullable<CreateAgentRequest['webhooks'] | UpdateAgentRequest['webhooks']>;

interface StoredWebhooks {
  readonly shown: Readonly<Record<string, object>>;
  readonly sealed: string;
}

export interface LifecycleWebhooks {
  /** What is kept of an agent's webhooks; those that are not sent stay, null removes. */
  store(agentId: string, sent: SentWebhooks, before: AgentRow['webhooks']): Promise<AgentRow['webhooks']>;
  show(stored: AgentRow['webhooks']): object | null;
}

export function createLifecycleWebhooks(options: {
  readonly secrets: Secrets;
  readonly findWebhookProblem: (url: string) => Promise<string | undefined>;
  readonly randomHex: (digits: number) => string;
}): LifecycleWebhooks {
  const { secrets, findWebhookProblem, randomHex } = options;
  return {
    async store(agentId, sent, before) {
      const stored = read(before);
      const shown: Record<string, object> = { ...stored?.shown };
      let kept = stored === undefined ? {} : openSecrets(secrets.open(stored.sealed));
      for (const [slot, webhook] of Object.entries(sent)) {
        // No tool has a dot in its name.
        const reference = toolSecretReference(agentId, `webhooks.${slot}`);
        const isOfSlot = (key: string) => key === reference || key.startsWith(`${reference}:`);
        const others = Object.fromEntries(Object.entries(kept).filter(([key]) => !isOfSlot(key)));
        if (webhook == null) {
          delete shown[slot];
          kept = others;
          continue;
        }
        const { secret, authHeaders, ...rest } = webhook;
        const problem = await findWebhookProblem(rest.url);
        if (problem !== undefined) throw invalidBody(`webhooks.${slot}.url`, problem);
        // The contract shows a reference even where no secret was sent.
        const signing =
          secret ?? kept[reference] ?? `whsec_${Buffer.from(randomHex(64), 'hex').toString('base64')}`;
        const split = splitSecrets(reference, { secret: signing, authHeaders }, kept);
        const [missing] = split.missing;
        if (missing !== undefined)
          throw invalidBody(`webhooks.${slot}.${missing}`, 'This field is required.');
        shown[slot] = withoutUndefined({ ...rest, ...split.shown });
        kept = { ...others, ...split.secrets };
      }
      if (Object.keys(shown).length === 0) return null;
      return { shown, sealed: secrets.seal(JSON.stringify(kept)) };
    },
    show: (stored) => read(stored)?.shown ?? null,
  };
}

function read(stored: AgentRow['webhooks']): StoredWebhooks | undefined {
  // Written by `store` above, and by nobody else.
  return stored === null ? undefined : (stored as unknown as StoredWebhooks);
}

function openSecrets(json: string | undefined): SecretsByReference {
  // Written by this server: an object of texts.
  return json === undefined ? {} : (JSON.parse(json) as SecretsByReference);
}

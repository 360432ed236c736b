/** Webhooks of the workspace, and what became of their deliveries. */

import { path, type Transport } from '../transport.ts';
import type {
  WebhookDeliveryDetail,
  WebhookDeliveryListParams,
  WebhookDeliveryPage,
  WebhookEndpoint,
  WebhookEndpointInput,
  WebhookEndpointUpdate,
} from '../types/webhooks.ts';

export interface WebhookDeliveries {
  /** Reads one page, the newest first. */
  list(params?: WebhookDeliveryListParams, signal?: AbortSignal): Promise<WebhookDeliveryPage>;
  get(id: string, signal?: AbortSignal): Promise<WebhookDeliveryDetail>;
  /** Sends the same bytes once more. */
  redeliver(
    id: string,
    signal?: AbortSignal,
  ): Promise<{ delivered: boolean; httpStatus: number | null; error: string | null }>;
}

export interface Webhooks {
  readonly deliveries: WebhookDeliveries;
  list(signal?: AbortSignal): Promise<WebhookEndpoint[]>;
  create(params: WebhookEndpointInput, signal?: AbortSignal): Promise<WebhookEndpoint>;
  get(id: string, signal?: AbortSignal): Promise<WebhookEndpoint>;
  /** Changes what `params` has. */
  update(id: string, params: WebhookEndpointUpdate, signal?: AbortSignal): Promise<WebhookEndpoint>;
  delete(id: string, signal?: AbortSignal): Promise<void>;
}

export function createWebhooks(transport: Transport): Webhooks {
  return {
    deliveries: createDeliveries(transport),
    async list(signal) {
      const { data } = await transport.fetchJson<{ data: WebhookEndpoint[] }>('GET', '/v1/webhooks', {
        signal,
      });
      return data;
    },
    create: (body, signal) => transport.fetchJson('POST', '/v1/webhooks', { body, signal }),
    get: (id, signal) => transport.fetchJson('GET', path`/v1/webhooks/${id}`, { signal }),
    update: (id, body, signal) => transport.fetchJson('PATCH', path`/v1/webhooks/${id}`, { body, signal }),
    delete: (id, signal) => transport.fetchJson('DELETE', path`/v1/webhooks/${id}`, { signal }),
  };
}

function createDeliveries(transport: Transport): WebhookDeliveries {
  return {
    list: (params = {}, signal) => {
      const { endpointId, event, agentId, status, sessionId, eventId, from, to, cursor, limit } = params;
      const query = { endpointId, event, agentId, status, sessionId, eventId, from, to, cursor, limit };
      return transport.fetchJson('GET', '/v1/webhook-deliveries', { query, signal });
    },
    get: (id, signal) => transport.fetchJson('GET', path`/v1/webhook-deliveries/${id}`, { signal }),
    redeliver: (id, signal) =>
      transport.fetchJson('POST', path`/v1/webhook-deliveries/${id}/redeliver`, { body: {}, signal }),
  };
}

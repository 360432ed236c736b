/** Webhooks of the workspace: what the server tells other systems about sessions. */

import type { AgentExtractionField } from './agents.ts';

/** What a webhook of the workspace can be told. */
export type WorkspaceWebhookEventType =
  | 'call.pre_call'
  | 'call.status'
  | 'call.report'
  | 'call.analysis'
  | 'call.recording';

/** What a delivery can be about: servers may know more than the workspace's events. */
export type WebhookEventType = WorkspaceWebhookEventType | (string & {});

/** A header for a webhook, with its value. */
export interface WebhookEndpointAuthHeaderInput {
  name: string;
  value: string;
}

/** A header for a webhook; a value that is left out stays. */
export interface WebhookEndpointAuthHeaderUpdate {
  name: string;
  value?: string | undefined;
}

/** Parameters of `webhooks.create`. */
export interface WebhookEndpointInput {
  name: string;
  url: string;
  events: WorkspaceWebhookEventType[];
  /** Default: `true`. */
  allAgents?: boolean | undefined;
  /** The agents, when it is not for all. */
  agentIds?: string[] | undefined;
  /** Only sessions with these tags. */
  filterTags?: Record<string, string> | undefined;
  headers?: Record<string, string> | undefined;
  authHeaders?: WebhookEndpointAuthHeaderInput[] | undefined;
  timeoutMs?: number | undefined;
  /** Whose secret signs: the workspace's, or `signingSecret`. */
  signingSecretSource?: 'workspace' | 'custom' | undefined;
  /** Never returned. */
  signingSecret?: string | undefined;
  extractionFields?: AgentExtractionField[] | undefined;
}

/** Parameters of `webhooks.update`: what is left out stays. */
export interface WebhookEndpointUpdate extends Partial<Omit<WebhookEndpointInput, 'authHeaders'>> {
  authHeaders?: WebhookEndpointAuthHeaderUpdate[] | undefined;
}

/** A webhook, as stored. */
export interface WebhookEndpoint {
  id: string;
  name: string;
  url: string;
  events: WorkspaceWebhookEventType[];
  allAgents: boolean;
  agentIds: string[];
  filterTags: Record<string, string>;
  headers: Record<string, string>;
  authHeaders: { name: string; configured: true }[];
  timeoutMs: number;
  signingSecretSource: 'workspace' | 'custom';
  hasCustomSigningSecret: boolean;
  extractionFields: AgentExtractionField[];
  legacyManaged: boolean;
  /** ISO 8601. */
  createdAt: string;
  /** ISO 8601. */
  updatedAt: string;
}

/** How far a delivery is. */
export type WebhookDeliveryStatus =
  | 'pending'
  | 'delivering'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'expired';

/** One event on its way to one webhook. */
export interface WebhookDelivery {
  id: string;
  eventId: string;
  endpointId: string | null;
  endpointName: string | null;
  endpointKind: 'workspace' | 'imessage';
  endpointDeleted: boolean;
  event: WebhookEventType;
  sessionId: string | null;
  agentId: string | null;
  webhookTags: Record<string, string> | null;
  status: WebhookDeliveryStatus;
  /** How often it was tried. */
  attempts: number;
  httpStatus: number | null;
  error: string | null;
  occurredAt: string;
  expiresAt: string | null;
  deliveredAt: string | null;
  createdAt: string;
  canRedeliver: boolean;
}

/** One try of a delivery. */
export interface WebhookDeliveryAttempt {
  id: string;
  attemptNumber: number;
  trigger: 'automatic' | 'manual';
  requestUrl: string;
  requestHeaders: Record<string, string>;
  requestBody: string;
  responseStatus: number | null;
  responseBody: string | null;
  responseTruncated: boolean;
  durationMs: number | null;
  error: string | null;
  createdAt: string;
}

/** A delivery with all that was sent and answered. */
export interface WebhookDeliveryDetail extends Omit<WebhookDelivery, 'attempts'> {
  attemptCount: number;
  requestPayload: unknown;
  attempts: WebhookDeliveryAttempt[];
}

/** A webhook to filter deliveries by. */
export interface WebhookDeliveryEndpointOption {
  id: string;
  name: string;
  deleted?: boolean;
}

/** Parameters of `webhooks.deliveries.list`. */
export interface WebhookDeliveryListParams {
  endpointId?: string | undefined;
  event?: WebhookEventType | undefined;
  agentId?: string | undefined;
  status?: WebhookDeliveryStatus | undefined;
  sessionId?: string | undefined;
  eventId?: string | undefined;
  /** ISO 8601. */
  from?: string | undefined;
  /** ISO 8601. */
  to?: string | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  limit?: number | undefined;
}

/** A page of deliveries. */
export interface WebhookDeliveryPage {
  data: WebhookDelivery[];
  /** `null` on the last page. */
  nextCursor: string | null;
  endpointOptions: WebhookDeliveryEndpointOption[];
}

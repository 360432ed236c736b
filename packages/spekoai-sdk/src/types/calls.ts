/** Phone calls, transfers and callbacks. A call has the id of its session. */

import type { PipelineConstraints, RoutingIntent } from './routing.ts';

/** Parameters of `voice.dial`: with `agentId` or `intent`. */
export interface VoiceDialParams {
  /** Number to call, as in `+15551234567`. */
  to: string;
  agentId?: string | undefined;
  intent?: RoutingIntent | undefined;
  /** Number to call from. */
  from?: string | undefined;
  constraints?: PipelineConstraints | undefined;
  voice?: string | undefined;
  systemPrompt?: string | undefined;
  /** What the agent says first. */
  firstMessage?: string | undefined;
  /** Values for the placeholders of `systemPrompt` and `firstMessage`. */
  variables?: Record<string, string> | undefined;
  llm?: { temperature?: number | undefined; maxTokens?: number | undefined } | undefined;
  ttsOptions?: { sampleRate?: number | undefined; speed?: number | undefined } | undefined;
  sttOptions?: { keywords?: string[] | undefined; language?: string | undefined } | undefined;
  /** From 30 to 14 400. */
  maxDurationSeconds?: number | undefined;
  turnHandling?:
    | {
        profile?: 'conversational' | 'ivr' | 'ivr_patient' | undefined;
        /** In seconds. */
        endpointing?: { minDelay?: number | undefined; maxDelay?: number | undefined } | undefined;
        interruption?:
          | {
              mode?: 'adaptive' | 'vad' | undefined;
              minDuration?: number | undefined;
              minWords?: number | undefined;
            }
          | undefined;
        turnDetection?: boolean | 'stt' | undefined;
        contextThreshold?: number | undefined;
        greetFirst?: boolean | undefined;
      }
    | undefined;
  telephony?:
    | {
        region?: string | undefined;
        /** Whether to notice an answering machine, and who does: default is the agent. */
        amd?:
          | {
              mode?: 'agent' | 'carrier' | 'disabled' | undefined;
              /** From 1 to 60. */
              timeoutSeconds?: number | undefined;
            }
          | undefined;
      }
    | undefined;
  webhookTags?: Record<string, string> | undefined;
  metadata?: Record<string, unknown> | undefined;
  /** @deprecated Agents can always end a call. */
  endCall?: { enabled: boolean } | undefined;
}

/** A call under way. */
export interface VoiceDialResult {
  sessionId: string;
  callControlId: string;
  roomName: string;
  /** `dialing-stub` when the server has no telephony: nobody's phone rings. */
  status: 'dialing' | 'dialing-stub';
  to: string;
  from: string;
}

/** One turn of a call. */
export interface CallTranscriptEntry {
  id: string;
  index: number;
  source: 'user' | 'agent' | 'system';
  text: string;
  started_at: string;
  ended_at: string | null;
  provider: string | null;
  model: string | null;
  metadata: Record<string, unknown> | null;
  eou_ms?: number | null;
  llm_ttft_ms?: number | null;
  tts_ttfb_ms?: number | null;
  latency_status?: 'partial' | 'complete' | 'interrupted' | 'error' | null;
  conversational_latency_ms?: number | null;
}

/** Something that happened in a call. */
export interface CallEvent {
  id: string;
  session_id: string | null;
  organization_id: string;
  /** `livekit`, `telnyx`, `speko` or another. */
  provider: string;
  /** For example `sip.dial_started`. */
  event_type: string;
  status: string | null;
  failure_cause: string | null;
  sip_status_code: number | null;
  sip_status: string | null;
  /** ISO 8601. */
  occurred_at: string;
  payload: Record<string, unknown>;
  /** ISO 8601. */
  created_at: string;
}

/** One line of what a call cost. */
export interface CallCostLine {
  provider: string;
  metric: string;
  quantity: number;
  keySource: 'BYOK' | 'MANAGED';
  /** Millionths of a US dollar, as text. */
  costMicroUsd: string;
}

/** Whether a webhook got a report. */
export interface CallReportWebhookDelivery {
  id: string;
  endpointId?: string | null;
  event: string;
  status: string;
  attempts?: number;
  httpStatus?: number | null;
  error?: string | null;
  deliveredAt?: string | null;
}

/** What is known about a call after its end. */
export interface CallReport {
  session_id: string;
  organization_id: string;
  summary: string | null;
  outcome: string | null;
  structured_data: Record<string, unknown> | null;
  transcript: CallTranscriptEntry[];
  /** Millionths of a US dollar, as text. */
  cost_micro_usd: string;
  cost_breakdown: CallCostLine[];
  artifacts: Record<string, unknown> | null;
  metadata: Record<string, unknown> | null;
  scheduled_callback: ScheduledCallback | null;
  analysis_status: 'heuristic' | 'completed' | 'failed' | null;
  webhook_deliveries?: CallReportWebhookDelivery[];
  created_at: string;
  updated_at: string;
}

/** Parameters of `calls.finalizeReport`. */
export interface FinalizeCallReportParams {
  /** Analyses the call again. */
  forceAnalysis?: boolean | undefined;
  /** Sends the report to the webhooks again. */
  retryWebhook?: boolean | undefined;
}

/** A report that has just been made. */
export interface FinalizeCallReportResult {
  session_id: string;
  summary: string;
  outcome: string;
  cost_micro_usd: string;
  webhook: unknown;
}

/** Where the recording of a call is. */
export interface CallRecording {
  url: string;
}

/** Answer of `calls.end`. */
export interface EndCallResult {
  ok: boolean;
  status: 'ending' | 'already_ended';
  ended_at?: string | null;
}

/** Parameters of `calls.webJoin`. */
export interface WebJoinParams {
  displayName?: string | undefined;
}

/** What a browser needs to join a call. */
export interface WebJoinResult {
  token: string;
  url: string;
  identity: string;
  roomName: string;
  /** ISO 8601. */
  expiresAt: string;
}

/** One attempt to hand a call to somebody else. */
export interface CallTransfer {
  id: string;
  session_id: string;
  organization_id: string;
  kind: 'blind' | 'warm';
  status: 'requested' | 'screening' | 'bridging' | 'completed' | 'failed' | 'cancelled';
  transfer_to: string;
  from_room_name: string | null;
  consultation_room_name: string | null;
  caller_participant_identity: string | null;
  recipient_participant_identity: string | null;
  outbound_trunk_id: string | null;
  screening_prompt: string | null;
  summary: string | null;
  failure_cause: string | null;
  metadata: Record<string, unknown> | null;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
}

/** Everything about one call. */
export interface CallDetail {
  id: string;
  call_id: string;
  resource_uri: string;
  agent_id: string | null;
  status: string;
  kind: string;
  room_name: string | null;
  language: string | null;
  pipeline_config: Record<string, unknown> | null;
  metadata: Record<string, unknown> | null;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
  duration_seconds: number | null;
  recording_status: string | null;
  recording_duration_ms: number | null;
  recording_resource_uri: string | null;
  report: CallReport | null;
  transfers: CallTransfer[];
  transcript: { entries: CallTranscriptEntry[] };
  span_tree: unknown;
}

/** Parameters of `calls.blindTransfer`. */
export interface BlindTransferParams {
  /** Number to hand the call to. */
  to: string;
  participantIdentity?: string | undefined;
  playDialtone?: boolean | undefined;
  /** In seconds, from 1 to 120. */
  ringingTimeout?: number | undefined;
  headers?: Record<string, string> | undefined;
}

/** Somebody to hand a call to, after being told what it is about. */
export interface WarmTransferDestination {
  to: string;
  label?: string | undefined;
  outboundTrunkId?: string | undefined;
  screeningPrompt?: string | undefined;
  summary?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}

/** What to do when nobody takes the call. */
export interface WarmTransferFallback {
  strategy?: 'return_to_assistant' | 'take_message' | 'end_call' | undefined;
  message?: string | undefined;
  takeMessagePrompt?: string | undefined;
  holdAudioUrl?: string | undefined;
}

/** What was done when nobody took the call. */
export interface WarmTransferFallbackResult {
  action: 'return_to_assistant' | 'take_message' | 'end_call';
  message: string | null;
  take_message_prompt: string | null;
  hold_audio_url: string | null;
  voicemail_detected: boolean;
}

/** Whether to notice an answering machine, and who does. */
export interface WarmTransferVoicemailDetection {
  mode?: 'agent' | 'amd' | 'disabled' | undefined;
  enabled?: boolean | undefined;
  timeoutSeconds?: number | undefined;
}

/** Parameters of `calls.warmTransfer`: with `to` or `destinations`. */
export interface WarmTransferParams {
  to?: string | undefined;
  /** Tried in order. */
  destinations?: WarmTransferDestination[] | undefined;
  from?: string | undefined;
  participantIdentity?: string | undefined;
  outboundTrunkId?: string | undefined;
  /** What to tell whoever answers. */
  screeningPrompt?: string | undefined;
  summary?: string | undefined;
  /** In seconds, from 1 to 120. */
  ringingTimeout?: number | undefined;
  waitUntilAnswered?: boolean | undefined;
  fallback?: WarmTransferFallback | undefined;
  voicemailDetection?: WarmTransferVoicemailDetection | undefined;
  metadata?: Record<string, unknown> | undefined;
}

/** Parameters of `calls.completeWarmTransfer`. */
export interface CompleteWarmTransferParams {
  recipientParticipantIdentity?: string | undefined;
  summary?: string | undefined;
}

/** Parameters of `calls.cancelWarmTransfer`. */
export interface CancelWarmTransferParams {
  reason?: string | undefined;
  summary?: string | undefined;
  /** Goes on with the next destination. */
  tryNext?: boolean | undefined;
  voicemailDetected?: boolean | undefined;
}

/** A transfer, and for a warm one what was tried. */
export interface CallTransferResponse extends CallTransfer {
  routing_attempts?: Record<string, unknown>[];
  next_transfer?: CallTransfer | null;
  fallback?: WarmTransferFallbackResult | null;
}

/** How far a callback is. */
export type ScheduledCallbackStatus = 'scheduled' | 'dispatching' | 'dispatched' | 'cancelled' | 'failed';

/** A call that an agent has promised to make. */
export interface ScheduledCallback {
  id: string;
  organization_id: string;
  source_session_id: string | null;
  created_session_id: string | null;
  agent_id: string | null;
  phone_number_id: string | null;
  to_number: string;
  from_number: string | null;
  /** ISO 8601. */
  scheduled_at: string;
  status: ScheduledCallbackStatus;
  reason: string | null;
  instructions: string | null;
  summary: string | null;
  pipeline_config: Record<string, unknown>;
  metadata: Record<string, unknown>;
  failure_cause: string | null;
  attempted_at: string | null;
  dispatched_at: string | null;
  cancelled_at: string | null;
  created_at: string;
  updated_at: string;
}

/** Parameters of `callbacks.list`. */
export interface ScheduledCallbacksListParams {
  status?: ScheduledCallbackStatus | undefined;
  /** Only those promised in this session. */
  sourceSessionId?: string | undefined;
  /** From 1 to 100. Default: 25. */
  limit?: number | undefined;
}

/** Parameters of `callbacks.cancel`. */
export interface CancelScheduledCallbackParams {
  reason?: string | undefined;
}

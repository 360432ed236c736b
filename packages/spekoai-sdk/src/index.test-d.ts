/** Calls that must compile, their types, and every type that the contract names. */

import { expectTypeOf } from 'vitest';
import type * as sdk from './index.ts';
import { Speko, SpekoApiError, SpekoAuthError, SpekoRateLimitError } from './index.ts';

declare const speko: Speko;
declare const audio: Uint8Array;
declare const signal: AbortSignal;

// The client.
new Speko({ apiKey: 'k' });
new Speko({ apiKey: 'k', baseUrl: 'u', baseURL: 'u', timeout: 1 });
// A value of the environment may be missing.
new Speko({ apiKey: 'k', baseUrl: process.env['SPEKO_BASE_URL'] });
// @ts-expect-error: a key is needed.
new Speko({});

// The errors.
expectTypeOf(new SpekoApiError('m', 1, 'c')).toExtend<Error>();
expectTypeOf(new SpekoApiError('m', 1, 'c').status).toBeNumber();
expectTypeOf(new SpekoAuthError()).toExtend<SpekoApiError>();
expectTypeOf(new SpekoRateLimitError('m', 1).retryAfter).toEqualTypeOf<number | null>();
// @ts-expect-error: fields of errors are not to be changed.
new SpekoApiError('m', 1, 'c').status = 2;

// One-shot calls.
const options = { language: 'en' };
expectTypeOf(speko.transcribe(audio, options)).resolves.toEqualTypeOf<sdk.TranscribeResult>();
expectTypeOf(speko.transcribeStream(audio, options, signal)).toEqualTypeOf<
  AsyncIterableIterator<sdk.TranscribeStreamEvent>
>();
expectTypeOf(speko.synthesize('x', options, signal)).resolves.toEqualTypeOf<sdk.SynthesizeResult>();
expectTypeOf(speko.synthesizeStream('x', options)).resolves.toEqualTypeOf<sdk.SynthesizeStreamResult>();
expectTypeOf<sdk.SynthesizeStreamResult>().toExtend<AsyncIterable<Uint8Array>>();
expectTypeOf(speko.complete({ messages: [], intent: options })).resolves.toEqualTypeOf<sdk.CompleteResult>();
expectTypeOf(speko.completeStream({ messages: [], intent: options }, signal)).toEqualTypeOf<
  AsyncIterableIterator<sdk.CompleteStreamEvent>
>();
expectTypeOf<sdk.OptimizeFor>().toEqualTypeOf<'balanced' | 'accuracy' | 'latency' | 'cost'>();
expectTypeOf<sdk.TranscribeResult['confidence']>().toEqualTypeOf<number | null>();
// @ts-expect-error: the intent needs a language.
speko.transcribe(audio, { region: 'us-east4' });
// @ts-expect-error: agents have other preferences than calls.
speko.synthesize('x', { language: 'en', optimizeFor: 'quality' });
// @ts-expect-error: the intent of complete is an object of its own.
speko.complete({ messages: [], language: 'en' });

for await (const event of speko.completeStream({ messages: [], intent: options })) {
  if (event.type === 'delta') expectTypeOf(event.text).toBeString();
  if (event.type === 'tool_call') expectTypeOf(event.args).toBeString();
  if (event.type === 'error')
    expectTypeOf(event).toEqualTypeOf<{ type: 'error'; error: string; code: string }>();
  if (event.type === 'done') expectTypeOf(event.toolCalls).toEqualTypeOf<sdk.ChatToolCall[] | undefined>();
}

// Resources.
expectTypeOf(speko.usage.get()).resolves.toEqualTypeOf<sdk.UsageSummary>();
expectTypeOf(speko.credits.getBalance()).resolves.toEqualTypeOf<sdk.OrganizationBalance>();
expectTypeOf(speko.credits.getLedger({ limit: 1 })).resolves.toEqualTypeOf<sdk.CreditLedgerPage>();
expectTypeOf(speko.voices.list()).resolves.toEqualTypeOf<sdk.VoicesListResult>();
expectTypeOf(speko.voice.dial({ to: '+1' })).resolves.toEqualTypeOf<sdk.VoiceDialResult>();
expectTypeOf(speko.agents.list()).resolves.toEqualTypeOf<sdk.AgentRow[]>();
expectTypeOf(speko.agents.delete('a')).resolves.toEqualTypeOf<{ deleted: boolean }>();
expectTypeOf(speko.agents.tools.list('a', signal, { available: true })).resolves.toEqualTypeOf<
  sdk.AgentToolRow[]
>();
expectTypeOf(speko.agents.tools.listChatTools('a')).resolves.toEqualTypeOf<sdk.ChatTool[]>();
expectTypeOf(speko.agents.detachPhoneNumber('p')).resolves.toEqualTypeOf<sdk.PhoneNumberRow>();
expectTypeOf(speko.agents.listCalls('a')).resolves.toEqualTypeOf<sdk.AgentCallListPage>();
expectTypeOf(speko.knowledgeBases.list()).resolves.toEqualTypeOf<sdk.KnowledgeBaseRow[]>();
expectTypeOf(
  speko.knowledgeBases.pollDocumentReady('k', 'd'),
).resolves.toEqualTypeOf<sdk.KnowledgeBaseDocumentRow>();
speko.knowledgeBases.uploadDocument('k', { filename: 'f', contentType: 'c', data: new Blob([]) });
expectTypeOf(speko.sessions.transcript('s')).resolves.toEqualTypeOf<sdk.SessionTranscript>();
expectTypeOf(speko.sessions.stream('s', { cursor: '0:0', signal })).toEqualTypeOf<
  AsyncIterableIterator<sdk.SessionStreamEvent>
>();
expectTypeOf(
  speko.realtime.connect({ provider: 'openai', model: 'm' }),
).resolves.toEqualTypeOf<sdk.RealtimeSessionHandle>();
// @ts-expect-error: not a rate of the contract.
speko.realtime.connect({ provider: 'openai', model: 'm', inputSampleRate: 8000 });
expectTypeOf(speko.calls.end('c')).resolves.toEqualTypeOf<sdk.EndCallResult>();
expectTypeOf(speko.calls.events('c')).resolves.toEqualTypeOf<{ events: sdk.CallEvent[] }>();
expectTypeOf(speko.callbacks.list()).resolves.toEqualTypeOf<{ callbacks: sdk.ScheduledCallback[] }>();
expectTypeOf(speko.phoneNumbers.delete('p')).resolves.toEqualTypeOf<{ released: boolean }>();
speko.phoneNumbers.importSipTrunk({ e164: '+1', sipConnectionInstallationId: 'i' });
// @ts-expect-error: a trunk or an installation is needed.
speko.phoneNumbers.importSipTrunk({ e164: '+1' });
expectTypeOf(speko.webhooks.list()).resolves.toEqualTypeOf<sdk.WebhookEndpoint[]>();
expectTypeOf(speko.webhooks.delete('w')).resolves.toBeVoid();
expectTypeOf(speko.webhooks.deliveries.list()).resolves.toEqualTypeOf<sdk.WebhookDeliveryPage>();

// What one call returns fits into the next.
const tools: sdk.ChatTool[] = await speko.agents.tools.listChatTools('a');
const messages: sdk.ChatMessage[] = [{ role: 'user', content: 'x' }];
const { text, toolCalls = [] } = await speko.complete({ messages, intent: options, tools });
messages.push({ role: 'assistant', content: text, toolCalls });
for (const call of toolCalls) messages.push({ role: 'tool', content: '{}', toolCallId: call.id });

// The documented types, by name.
export type DocumentedTypes = [
  ...[sdk.AgentAmbientClip, sdk.AgentBackgroundAudio, sdk.AgentCallListEntry],
  ...[sdk.AgentCallListPage, sdk.AgentCallListParams, sdk.AgentCreateParams],
  ...[sdk.AgentExtractionField, sdk.AgentIntent, sdk.AgentLifecycleWebhookCreate],
  ...[sdk.AgentLifecycleWebhookSerialized, sdk.AgentLifecycleWebhookUpdate, sdk.AgentLlmOptions],
  ...[sdk.AgentRow, sdk.AgentStackPreferences, sdk.AgentSttOptions],
  ...[sdk.AgentToolCreateParams, sdk.AgentToolRow, sdk.AgentToolSourceBuiltin],
  ...[sdk.AgentToolSourceCreate, sdk.AgentToolSourceInline, sdk.AgentToolSourceIntegration],
  ...[sdk.AgentToolSourceSerialized, sdk.AgentToolSourceUpdate, sdk.AgentToolSourceWebhookCreate],
  ...[sdk.AgentToolSourceWebhookSerialized, sdk.AgentToolSourceWebhookUpdate, sdk.AgentToolUpdateParams],
  ...[sdk.AgentUpdateParams, sdk.AgentWebhookAuthHeader, sdk.AgentWebhookAuthHeaderInput],
  ...[sdk.AgentWebhooksCreate, sdk.AgentWebhooksSerialized, sdk.AgentWebhooksUpdate],
  ...[sdk.AvailablePhoneNumber, sdk.BlindTransferParams, sdk.CallCostLine],
  ...[sdk.CallDetail, sdk.CallEvent, sdk.CallRecording],
  ...[sdk.CallReport, sdk.CallReportWebhookDelivery, sdk.CallTranscriptEntry],
  ...[sdk.CallTransfer, sdk.CallTransferResponse, sdk.CancelScheduledCallbackParams],
  ...[sdk.CancelWarmTransferParams, sdk.ChatMessage, sdk.ChatTool],
  ...[sdk.ChatToolCall, sdk.ChatToolChoice, sdk.ChatToolExecutionMode],
  ...[sdk.ChatToolSource, sdk.CompleteParams, sdk.CompleteResult],
  ...[sdk.CompleteStreamEvent, sdk.CompleteWarmTransferParams, sdk.CreditLedgerEntry],
  ...[sdk.CreditLedgerKind, sdk.CreditLedgerPage, sdk.CreditLedgerQueryParams],
  ...[sdk.EndCallResult, sdk.FinalizeCallReportParams, sdk.FinalizeCallReportResult],
  ...[sdk.KeySource, sdk.KnowledgeBaseCreateParams, sdk.KnowledgeBaseDocumentCreateParams],
  ...[
    sdk.KnowledgeBaseDocumentCreateResult,
    sdk.KnowledgeBaseDocumentPollOptions,
    sdk.KnowledgeBaseDocumentRow,
  ],
  ...[
    sdk.KnowledgeBaseDocumentStatus,
    sdk.KnowledgeBaseDocumentUploadParams,
    sdk.KnowledgeBaseDocumentUploadSpec,
  ],
  ...[sdk.KnowledgeBaseListParams, sdk.KnowledgeBaseRow, sdk.OptimizeFor],
  ...[sdk.OrganizationBalance, sdk.PhoneNumberCreateParams, sdk.PhoneNumberDirection],
  ...[
    sdk.PhoneNumberImportSipTrunkParams,
    sdk.PhoneNumberKybAuthorizedRepresentative,
    sdk.PhoneNumberKybBusinessProfile,
  ],
  ...[sdk.PhoneNumberKybDraftParams, sdk.PhoneNumberKybOverview, sdk.PhoneNumberKybSlackNotificationStatus],
  ...[sdk.PhoneNumberKybStatus, sdk.PhoneNumberKybSubmission, sdk.PhoneNumberKybSubmissionStatus],
  ...[sdk.PhoneNumberKybSubmitParams, sdk.PhoneNumberRow, sdk.PhoneNumberSearchParams],
  ...[sdk.PhoneNumberSetupStatus, sdk.PhoneNumberSmsAssignmentStatus, sdk.PhoneNumberSource],
  ...[sdk.PhoneNumberUpdateParams, sdk.PipelineConstraints, sdk.RealtimeConnectParams],
  ...[sdk.RealtimeEventHandler, sdk.RealtimeFrame, sdk.RealtimeProvider],
  ...[sdk.RealtimeSessionHandle, sdk.RealtimeToolSpec, sdk.RoutingIntent],
  ...[sdk.ScheduledCallback, sdk.ScheduledCallbackStatus, sdk.ScheduledCallbacksListParams],
  ...[sdk.SessionStreamEvent, sdk.SessionStreamOptions, sdk.SessionTranscript],
  ...[sdk.SessionTranscriptEntry, sdk.SpekoClientOptions, sdk.SynthesizeOptions],
  ...[sdk.SynthesizeResult, sdk.SynthesizeStreamResult, sdk.TranscribeOptions],
  ...[sdk.TranscribeResult, sdk.TranscribeStreamEvent, sdk.UsageByProvider],
  ...[sdk.UsageQueryParams, sdk.UsageSummary, sdk.VoiceCatalogEntry],
  ...[sdk.VoiceDialParams, sdk.VoiceDialResult, sdk.VoicesListParams],
  ...[sdk.VoicesListResult, sdk.VoicesProviderEntry, sdk.WarmTransferDestination],
  ...[sdk.WarmTransferFallback, sdk.WarmTransferFallbackResult, sdk.WarmTransferParams],
  ...[sdk.WarmTransferVoicemailDetection, sdk.WebJoinParams, sdk.WebJoinResult],
  ...[sdk.WebhookDelivery, sdk.WebhookDeliveryAttempt, sdk.WebhookDeliveryDetail],
  ...[sdk.WebhookDeliveryEndpointOption, sdk.WebhookDeliveryListParams, sdk.WebhookDeliveryPage],
  ...[sdk.WebhookDeliveryStatus, sdk.WebhookEndpoint, sdk.WebhookEndpointAuthHeaderInput],
  ...[sdk.WebhookEndpointAuthHeaderUpdate, sdk.WebhookEndpointInput, sdk.WebhookEndpointUpdate],
  ...[sdk.WebhookEventType, sdk.WorkspaceWebhookEventType],
];

/** Phone calls: made, watched, handed over, and promised for later. */

import { path, type Transport } from '../transport.ts';
import type {
  BlindTransferParams,
  CallDetail,
  CallEvent,
  CallRecording,
  CallReport,
  CallTransferResponse,
  CancelScheduledCallbackParams,
  CancelWarmTransferParams,
  CompleteWarmTransferParams,
  EndCallResult,
  FinalizeCallReportParams,
  FinalizeCallReportResult,
  ScheduledCallback,
  ScheduledCallbacksListParams,
  VoiceDialParams,
  VoiceDialResult,
  WarmTransferParams,
  WebJoinParams,
  WebJoinResult,
} from '../types/calls.ts';

export interface Voice {
  /** Calls a phone number and connects it to an agent. */
  dial(params: VoiceDialParams, signal?: AbortSignal): Promise<VoiceDialResult>;
}

/** The id of a call is the id of its session. */
export interface Calls {
  get(id: string, signal?: AbortSignal): Promise<CallDetail>;
  events(id: string, signal?: AbortSignal): Promise<{ events: CallEvent[] }>;
  report(id: string, signal?: AbortSignal): Promise<CallReport>;
  /** Makes the report now. */
  finalizeReport(
    id: string,
    params?: FinalizeCallReportParams,
    signal?: AbortSignal,
  ): Promise<FinalizeCallReportResult>;
  recording(id: string, signal?: AbortSignal): Promise<CallRecording>;
  /** Ends a running session of any kind. */
  end(id: string, signal?: AbortSignal): Promise<EndCallResult>;
  /** Lets a browser join the call. */
  webJoin(id: string, params?: WebJoinParams, signal?: AbortSignal): Promise<WebJoinResult>;
  /** Hands the call over without asking. */
  blindTransfer(id: string, params: BlindTransferParams, signal?: AbortSignal): Promise<CallTransferResponse>;
  /** Hands the call over to somebody who is told first what it is about. */
  warmTransfer(id: string, params: WarmTransferParams, signal?: AbortSignal): Promise<CallTransferResponse>;
  completeWarmTransfer(
    id: string,
    transferId: string,
    params?: CompleteWarmTransferParams,
    signal?: AbortSignal,
  ): Promise<CallTransferResponse>;
  cancelWarmTransfer(
    id: string,
    transferId: string,
    params?: CancelWarmTransferParams,
    signal?: AbortSignal,
  ): Promise<CallTransferResponse>;
}

/** Calls that agents have promised to make. */
export interface Callbacks {
  list(
    params?: ScheduledCallbacksListParams,
    signal?: AbortSignal,
  ): Promise<{ callbacks: ScheduledCallback[] }>;
  get(id: string, signal?: AbortSignal): Promise<ScheduledCallback>;
  cancel(
    id: string,
    params?: CancelScheduledCallbackParams,
    signal?: AbortSignal,
  ): Promise<ScheduledCallback>;
  /** Makes the call now. */
  dispatch(id: string, signal?: AbortSignal): Promise<ScheduledCallback>;
}

export function createVoice(transport: Transport): Voice {
  return {
    dial: (body, signal) => transport.fetchJson('POST', '/v1/sessions/phone', { body, signal }),
  };
}

export function createCalls(transport: Transport): Calls {
  const post = <T>(path: string, body: object, signal: AbortSignal | undefined) =>
    transport.fetchJson<T>('POST', path, { body, signal });

  return {
    get: (id, signal) => transport.fetchJson('GET', path`/v1/calls/${id}`, { signal }),
    events: (id, signal) => transport.fetchJson('GET', path`/v1/calls/${id}/events`, { signal }),
    report: (id, signal) => transport.fetchJson('GET', path`/v1/calls/${id}/report`, { signal }),
    finalizeReport: (id, params = {}, signal) => post(path`/v1/calls/${id}/report/finalize`, params, signal),
    recording: (id, signal) => transport.fetchJson('GET', path`/v1/calls/${id}/recording`, { signal }),
    end: (id, signal) => post(path`/v1/calls/${id}/end`, {}, signal),
    webJoin: (id, params = {}, signal) => post(path`/v1/calls/${id}/web-join`, params, signal),
    blindTransfer: (id, params, signal) => post(path`/v1/calls/${id}/transfers/blind`, params, signal),
    warmTransfer: (id, params, signal) => post(path`/v1/calls/${id}/transfers/warm`, params, signal),
    completeWarmTransfer: (id, transferId, params = {}, signal) =>
      post(path`/v1/calls/${id}/transfers/${transferId}/complete`, params, signal),
    cancelWarmTransfer: (id, transferId, params = {}, signal) =>
      post(path`/v1/calls/${id}/transfers/${transferId}/cancel`, params, signal),
  };
}

export function createCallbacks(transport: Transport): Callbacks {
  return {
    list: ({ status, sourceSessionId, limit } = {}, signal) =>
      transport.fetchJson('GET', '/v1/callbacks', {
        query: { status, source_session_id: sourceSessionId, limit },
        signal,
      }),
    get: (id, signal) => transport.fetchJson('GET', path`/v1/callbacks/${id}`, { signal }),
    cancel: (id, body = {}, signal) =>
      transport.fetchJson('POST', path`/v1/callbacks/${id}/cancel`, { body, signal }),
    dispatch: (id, signal) =>
      transport.fetchJson('POST', path`/v1/callbacks/${id}/dispatch`, { body: {}, signal }),
  };
}

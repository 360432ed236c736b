/** Sessions (section 6): begin, read, watch, end. */
import { createHash } from 'node:crypto';
import { cascadeSessionRequest, SpekoError, s2sSessionRequest, turnsRequest } from '@visavox/contract/speko';
import { z } from 'zod';
import type { VoiceAgents } from '../../sessions/voice-agents.ts';
import type { VoiceSessions, WatchCursor, WatchEvent } from '../../sessions/voice-sessions.ts';
import type { Store, VoiceEventRow, VoiceSessionRow, VoiceTurnRow } from '../../store/store.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Call } from '../bind.ts';
import { readJson, validate } from '../body.ts';
import type { PartAnswer } from '../part-answer.ts';
import { invalidQuery, organizationOf, readLimit, readMoment } from './call-values.ts';
import { stoppable } from './calls.ts';
import { spekoErrorBody, toSpekoError } from './errors.ts';
import { type NamedEvent, respondWithEvents } from './event-stream.ts';

export interface SessionsContext {
  readonly store: Store;
  readonly voiceAgents: VoiceAgents;
  readonly voiceSessions: VoiceSessions;
  readonly log: Log;
}

const MAX_JSON_BYTES = 1024 * 1024;
const MAX_TURNS_BYTES = 4 * 1024 * 1024;

/** What decides by which of the two schemas a body is read. */
const anySession = z.object({
  mode: z.enum(['cascade', 's2s']).optional(),
  agentId: z.string().min(1).max(200).optional(),
});

export function createSessionHandlers({ store, voiceAgents, voiceSessions, log }: SessionsContext) {
  const requireSession = (call: Call): Promise<VoiceSessionRow> =>
    voiceSessions.require(organizationOf(call), call.parameters['id'] ?? '');

  return {
    async createVoiceSession(call: Call): Promise<object> {
      const organizationId = organizationOf(call);
      const { value, raw } = await readJson(call.request, anySession, MAX_JSON_BYTES);
      const agent =
        value.agentId === undefined ? undefined : await voiceAgents.find(organizationId, value.agentId);
      if (value.agentId !== undefined && agent === undefined) throw new SpekoError('AGENT_NOT_FOUND');
      const mode = value.mode ?? agent?.runMode ?? 'cascade';
      // A JSON object: it was read as one above.
      const body = { ...(raw as object), mode };
      if (mode === 's2s') {
        validate(s2sSessionRequest, body);
        throw new SpekoError(
          'SESSION_CREATE_FAILED',
          'No speech-to-speech provider is served here; ask for mode cascade.',
        );
      }
      return voiceSessions.create(validate(cascadeSessionRequest, body), {
        organizationId,
        agent,
        baseUrl: call.baseUrl,
        repetition: readIdempotencyKey(call.request, raw),
      });
    },

    async listVoiceSessions(call: Call): Promise<object> {
      const organizationId = organizationOf(call);
      const { query } = call;
      const limit = readLimit(call, 20);
      const agent = query.get('agent');
      const agentId =
        agent === null ? undefined : ((await voiceAgents.find(organizationId, agent))?.id ?? agent);
      const rows = await store.voiceSessions.list(organizationId, {
        status: query.get('status') ?? undefined,
        mode: query.get('kind') ?? undefined,
        agentId,
        from: readMoment(call, 'from'),
        to: readMoment(call, 'to'),
        after: readPlace(query.get('cursor')),
        limit: limit + 1,
      });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      return { entries: page.map(showEntry), nextCursor: last === undefined ? null : writePlace(last) };
    },
    async getVoiceSession(call: Call): Promise<object> {
      const row = await requireSession(call);
      return {
        ...showEntry(row),
        endedAt: row.endedAt?.toISOString() ?? null,
        expiresAt: row.expiresAt.toISOString(),
        agentId: row.agentId,
        roomName: row.roomName,
        identity: row.identity,
        language: row.language,
        metadata: row.metadata,
        webhookTags: row.webhookTags,
      };
    },
    async getTranscript(call: Call): Promise<object> {
      const { id } = await requireSession(call);
      return { entries: (await store.voiceSessions.listTurns(id)).map(showTurn) };
    },
    async getRecording(call: Call): Promise<object> {
      await requireSession(call);
      throw new SpekoError('RECORDING_NOT_AVAILABLE');
    },
    async addTurns(call: Call): Promise<Response> {
      const session = await requireSession(call);
      const { turns } = (await readJson(call.request, turnsRequest, MAX_TURNS_BYTES)).value;
      await voiceSessions.addTurns(session, turns);
      return new Response(null, { status: 202 });
    },
    async streamVoiceSession(call: Call): Promise<PartAnswer> {
      const session = await requireSession(call);
      const cursor = readCursor(call.query.get('cursor'));
      const { signal, stop } = stoppable(call.request);
      async function* events(): AsyncGenerator<NamedEvent> {
        for await (const event of voiceSessions.watch(session, cursor, { signal })) {
          yield toNamedEvent(event, session.organizationId);
        }
      }
      return respondWithEvents(events(), {
        headersOf: () => ({}),
        onError: (error) => ['error', spekoErrorBody(toSpekoError(error, log))],
        onCancel: stop,
      });
    },
    async endCall(call: Call): Promise<object> {
      const session = await requireSession(call);
      const ended = await voiceSessions.end(session, 'requested');
      if (ended !== undefined) return { ok: true, status: 'ending' };
      const { endedAt } = await requireSession(call);
      return { ok: true, status: 'already_ended', ended_at: endedAt?.toISOString() ?? null };
    },
  };
}

function readIdempotencyKey(
  request: Request,
  body: unknown,
): { readonly key: string; readonly bodyHash: string } | undefined {
  const key = request.headers.get('idempotency-key')?.trim();
  if (key === undefined || key === '') return undefined;
  if (key.length > 255) {
    throw new SpekoError('VALIDATION_ERROR', 'Invalid request', {
      issues: [{ path: 'Idempotency-Key', message: 'Expected 255 characters at most.' }],
    });
  }
  return { key, bodyHash: createHash('sha256').update(JSON.stringify(body)).digest('hex') };
}

function readCursor(text: string | null): WatchCursor {
  if (text === null) return { turnIndex: -1, eventMs: 0 };
  const [, turn, event] = /^(-?\d{1,9}):(\d{1,15})$/.exec(text) ?? [];
  if (turn === undefined || event === undefined) {
    throw invalidQuery('cursor', 'Expected <turn index>:<milliseconds since 1970>.');
  }
  return { turnIndex: Number(turn), eventMs: Number(event) };
}

function writePlace({ createdAt, id }: VoiceSessionRow): string {
  return Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url');
}

function readPlace(cursor: string | null): { readonly createdAt: Date; readonly id: string } | undefined {
  if (cursor === null || cursor === '') return undefined;
  const [moment = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  const createdAt = new Date(moment);
  if (Number.isNaN(createdAt.getTime()) || id === '' || id.includes('\0')) {
    throw invalidQuery('cursor', 'Expected nextCursor of the page before.');
  }
  return { createdAt, id };
}

function showEntry(row: VoiceSessionRow): object {
  return {
    sessionId: row.id,
    createdAt: row.createdAt.toISOString(),
    status: row.status,
    kind: row.mode,
    pipelineConfig: row.pipelineConfig,
    recordingStatus: null,
    recordingDurationMs: null,
    recordingObjectPath: null,
  };
}

function showTurn(row: VoiceTurnRow): object {
  return {
    id: row.id,
    index: row.index,
    source: row.source,
    text: row.text,
    startedAt: row.startedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    provider: row.provider,
    model: row.model,
    eouMs: row.eouMs,
    llmTtftMs: row.llmTtftMs,
    ttsTtfbMs: row.ttsTtfbMs,
    latencyStatus: row.latencyStatus,
    conversationalLatencyMs: row.conversationalLatencyMs,
    toolCalls: row.toolCalls,
  };
}

function showEvent(row: VoiceEventRow, organizationId: string): object {
  return {
    id: row.id,
    session_id: row.sessionId,
    organization_id: organizationId,
    provider: row.provider,
    event_type: row.eventType,
    status: row.status,
    failure_cause: null,
    sip_status_code: null,
    sip_status: null,
    occurred_at: row.occurredAt.toISOString(),
    payload: row.payload,
    created_at: row.createdAt.toISOString(),
  };
}

function toNamedEvent(event: WatchEvent, organizationId: string): NamedEvent {
  switch (event.type) {
    case 'status':
      return ['status', { status: event.status, endedAt: event.endedAt?.toISOString() ?? null }];
    case 'transcript':
      return ['transcript', showTurn(event.turn)];
    case 'event':
      return ['event', showEvent(event.event, organizationId)];
    case 'end':
      return ['end', { reason: event.reason }];
  }
}

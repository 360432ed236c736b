/** Conversations of the voice gateway: set up, written down, watched and ended. */
import { type CascadeSessionRequest, SpekoError, type turnsRequest } from '@visavox/contract/speko';
import type { AgentRow, VoiceEventRow, VoiceSessionRow, VoiceTurnRow } from '../store/store.ts';
import type { VoiceSessionStore } from '../store/voice-sessions.ts';
import { createBells } from './bells.ts';
import type { SessionTransport } from './session-transport.ts';
import { createPipeline } from './voice-pipeline.ts';

export interface CreatedVoiceSession {
  readonly sessionId: string;
  readonly mode: 'cascade';
  readonly transport: 'livekit';
  readonly transportToken: string;
  readonly transportUrl: string;
  readonly conversationToken: string;
  readonly livekitUrl: string;
  readonly roomName: string;
  readonly identity: string;
  readonly expiresAt: string;
}

export type SentTurn = ReturnType<typeof turnsRequest.parse>['turns'][number];

/** Where to go on watching. */
export interface WatchCursor {
  /** Turns behind this one. */
  readonly turnIndex: number;
  /** Events of about this moment and later. */
  readonly eventMs: number;
}

export type WatchEvent =
  | { readonly type: 'status'; readonly status: string; readonly endedAt: Date | null }
  | { readonly type: 'transcript'; readonly turn: VoiceTurnRow }
  | { readonly type: 'event'; readonly event: VoiceEventRow }
  | { readonly type: 'end'; readonly reason: 'session_ended' | 'timeout' };

export interface VoiceSessions {
  /**
   * @throws {SpekoError} `CONFLICT` when the key of an earlier creation comes with another body;
   * `SESSION_CREATE_FAILED` when no agent can be sent.
   */
  create(
    request: CascadeSessionRequest,
    options: {
      readonly organizationId: string;
      readonly agent: AgentRow | undefined;
      readonly baseUrl: string;
      readonly repetition?: { readonly key: string; readonly bodyHash: string } | undefined;
    },
  ): Promise<CreatedVoiceSession>;
  /** @throws {SpekoError} `SESSION_NOT_FOUND`. */
  require(organizationId: string, id: string): Promise<VoiceSessionRow>;
  addTurns(session: VoiceSessionRow, turns: readonly SentTurn[]): Promise<void>;
  /** Undefined when it had ended before. */
  end(
    session: Pick<VoiceSessionRow, 'id' | 'roomName'>,
    reason: string,
  ): Promise<VoiceSessionRow | undefined>;
  /** What was said and happened so far, then what comes, until the session ends or a while has passed. */
  watch(
    session: VoiceSessionRow,
    cursor: WatchCursor,
    options: { readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent>;
  /** Ends those that nobody joined in time and those that are over their time. */
  endOverdue(): Promise<void>;
  /** Values for headers of tools; none for a conversation that has ended or is none of the organization's. */
  toolSecretsOf(organizationId: string, sessionId: string): Promise<Readonly<Record<string, string>>>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface VoiceSessionsOptions {
  readonly store: VoiceSessionStore;
  readonly transport: SessionTransport;
  readonly seal: (text: string) => string;
  /** Undefined for what was sealed with another secret. */
  readonly unseal: (sealed: string) => string | undefined;
  readonly now: () => Date;
  readonly randomId: () => string;
  readonly log: { error(fields: object, message: string): void };
  /** How often changes by other nodes are looked for. Default 1500. */
  readonly pollMs?: number;
  /** How long one watching lasts. Default ten minutes. */
  readonly watchMs?: number;
  /** How often overdue sessions are looked for. Default 15 000. */
  readonly sweepMs?: number;
}

const DEFAULT_POLL_MS = 1500;
const DEFAULT_WATCH_MS = 600_000;
const DEFAULT_SWEEP_MS = 15_000;
const REPETITION_MS = 24 * 3600 * 1000;
/** Events are read again: one may be written a little after a later one. */
const EVENT_OVERLAP_MS = 2000;

export function createVoiceSessions(options: VoiceSessionsOptions): VoiceSessions {
  const { store, transport, seal, unseal, now, randomId, log } = options;
  const { pollMs = DEFAULT_POLL_MS, watchMs = DEFAULT_WATCH_MS, sweepMs = DEFAULT_SWEEP_MS } = options;
  const bells = createBells();
  const closing = new AbortController();
  let sweeping: Promise<void> | undefined;
  const sweeper = setInterval(() => {
    sweeping ??= endOverdue()
      .catch((error: unknown) => log.error({ err: error }, 'overdue voice sessions could not be ended'))
      .finally(() => {
        sweeping = undefined;
      });
  }, sweepMs);
  sweeper.unref();

  const addEvent = async (sessionId: string, eventType: string, payload: Record<string, unknown>) => {
    const at = now();
    await store.addEvent({
      id: `evt_${randomId()}`,
      sessionId,
      provider: 'speko',
      eventType,
      payload,
      occurredAt: at,
      createdAt: at,
    });
  };

  /** What the earlier creation with the same key answered. */
  const findAnswer = async (
    organizationId: string,
    { key, bodyHash }: { readonly key: string; readonly bodyHash: string },
  ): Promise<CreatedVoiceSession | undefined> => {
    const row = await store.findByIdempotencyKey(organizationId, key);
    if (row === undefined) return undefined;
    if (now().getTime() - row.createdAt.getTime() >= REPETITION_MS) {
      await store.forgetIdempotencyKey(row.id);
      return undefined;
    }
    if (row.bodyHash !== bodyHash) {
      throw new SpekoError('CONFLICT', 'This Idempotency-Key came with another body before.');
    }
    const json = row.sealedAnswer === null ? undefined : unseal(row.sealedAnswer);
    if (json === undefined) throw new SpekoError('CONFLICT', 'This Idempotency-Key cannot be used again.');
    // Written below.
    return JSON.parse(json) as CreatedVoiceSession;
  };

  const create: VoiceSessions['create'] = async (request, { organizationId, agent, baseUrl, repetition }) => {
    const earlier = repetition && (await findAnswer(organizationId, repetition));
    if (earlier !== undefined) return earlier;
    const id = randomId();
    const createdAt = now();
    const pipeline = createPipeline(request, agent, {
      now: createdAt.toISOString(),
      call_id: id,
      session_id: id,
      agent_id: agent?.id ?? '',
      agent_name: agent?.name ?? '',
      caller_number: '',
      called_number: '',
    });
    const expiresAt = new Date(createdAt.getTime() + request.ttlSeconds * 1000);
    const session = {
      id,
      roomName: `speko_${id}`,
      identity: request.identity ?? `user_${randomId()}`,
      createdAt,
      expiresAt,
    };
    const { token, url } = await transport.admit(session, baseUrl).catch(failCreation);
    const answer: CreatedVoiceSession = {
      sessionId: id,
      mode: 'cascade',
      transport: 'livekit',
      transportToken: token,
      transportUrl: url,
      conversationToken: token,
      livekitUrl: url,
      roomName: session.roomName,
      identity: session.identity,
      expiresAt: expiresAt.toISOString(),
    };
    const row = await store.insert({
      ...session,
      organizationId,
      mode: 'cascade',
      status: 'created',
      agentId: agent?.id ?? null,
      pipelineConfig: { ...pipeline },
      sealedToolSecrets: request.toolSecrets === undefined ? null : seal(JSON.stringify(request.toolSecrets)),
      language: pipeline.intent.language,
      metadata: request.metadata ?? null,
      webhookTags: request.webhookTags ?? null,
      idempotencyKey: repetition?.key ?? null,
      bodyHash: repetition?.bodyHash ?? null,
      sealedAnswer: repetition === undefined ? null : seal(JSON.stringify(answer)),
      // At the latest: a conversation that begins is given its time from then on.
      endsAt: new Date(expiresAt.getTime() + pipeline.maxDurationSeconds * 1000),
      updatedAt: createdAt,
    });
    if (row === undefined) {
      // The same key came twice at once.
      const other = repetition && (await findAnswer(organizationId, repetition));
      if (other === undefined) throw new SpekoError('SESSION_CREATE_FAILED');
      return other;
    }
    await transport.dispatch(session).catch(async (error: unknown) => {
      await store.forgetIdempotencyKey(id);
      await store.end(id, { status: 'failed', at: now() });
      return failCreation(error);
    });
    await addEvent(id, 'session.created', { mode: 'cascade' });
    return answer;
  };

  const failCreation = (error: unknown): never => {
    log.error({ err: error }, 'an agent could not be sent to a voice session');
    throw new SpekoError('SESSION_CREATE_FAILED', undefined, { cause: error });
  };

  const end: VoiceSessions['end'] = async ({ id, roomName }, reason) => {
    const row = await store.end(id, { status: 'ended', at: now() });
    if (row === undefined) return undefined;
    await addEvent(id, 'session.ended', { reason });
    bells.ring(id);
    await transport.end({ id, roomName });
    return row;
  };

  const endOverdue = async (): Promise<void> => {
    for (const session of await store.listOverdue(now())) {
      if (closing.signal.aborted) return;
      await end(session, session.status === 'created' ? 'not_joined' : 'timeout');
    }
  };

  async function* watch(
    session: VoiceSessionRow,
    cursor: WatchCursor,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent> {
    const { id, organizationId } = session;
    const stop = AbortSignal.any([signal, closing.signal]);
    const bell = bells.listen(id);
    const untilMs = now().getTime() + watchMs;
    let { turnIndex, eventMs } = cursor;
    let status: string | undefined;
    /** Events that were told, by the moment at which they were written. */
    const told = new Map<string, number>();
    try {
      while (!stop.aborted) {
        // Read first: whatever came before the end is told before it.
        const current = await store.find(organizationId, id);
        if (current === undefined) throw new SpekoError('SESSION_NOT_FOUND');
        if (current.status !== status) {
          status = current.status;
          yield { type: 'status', status, endedAt: current.endedAt };
        }
        for (const turn of await store.listTurns(id, turnIndex)) {
          turnIndex = turn.index;
          yield { type: 'transcript', turn };
        }
        const overlapMs = Math.max(0, eventMs - EVENT_OVERLAP_MS);
        for (const event of await store.listEvents(id, new Date(overlapMs))) {
          if (told.has(event.id)) continue;
          told.set(event.id, event.createdAt.getTime());
          eventMs = Math.max(eventMs, event.createdAt.getTime());
          yield { type: 'event', event };
        }
        for (const [eventId, atMs] of told) if (atMs < eventMs - EVENT_OVERLAP_MS) told.delete(eventId);
        if (current.endedAt !== null) {
          yield { type: 'end', reason: 'session_ended' };
          return;
        }
        if (now().getTime() >= untilMs) {
          yield { type: 'end', reason: 'timeout' };
          return;
        }
        await bell.wait(Math.min(pollMs, Math.max(0, untilMs - now().getTime())), stop);
      }
      // This server stops; another node, or this one after its start, goes on.
      if (!signal.aborted) yield { type: 'end', reason: 'timeout' };
    } finally {
      bell.close();
    }
  }

  return {
    create,
    async require(organizationId, id) {
      const row = await store.find(organizationId, id);
      if (row === undefined) throw new SpekoError('SESSION_NOT_FOUND');
      return row;
    },
    async addTurns({ id, pipelineConfig }, turns) {
      // Two of one index in one statement are refused by the database: the later one counts.
      const latest = new Map(turns.map((turn) => [turn.index, turn]));
      await store.putTurns(
        [...latest.values()].map(({ startedAt, endedAt, provider = null, model = null, ...turn }) => ({
          ...turn,
          id: `${id}:${turn.index}`,
          sessionId: id,
          startedAt: new Date(startedAt),
          endedAt: endedAt == null ? null : new Date(endedAt),
          provider,
          model,
        })),
      );
      const at = now();
      const seconds = pipelineConfig['maxDurationSeconds'];
      await store.activate(id, {
        at,
        endsAt: typeof seconds === 'number' ? new Date(at.getTime() + seconds * 1000) : undefined,
      });
      bells.ring(id);
    },
    end,
    watch,
    endOverdue,
    async toolSecretsOf(organizationId, sessionId) {
      const row = await store.find(organizationId, sessionId);
      const json = row?.sealedToolSecrets == null ? undefined : unseal(row.sealedToolSecrets);
      // Written above: an object of texts.
      return json === undefined ? {} : (JSON.parse(json) as Record<string, string>);
    },
    async close() {
      clearInterval(sweeper);
      closing.abort(new Error('The server stops.'));
      await sweeping;
    },
  };
}

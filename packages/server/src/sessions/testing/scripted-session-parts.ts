/** A media pool and a store that do what a test tells them, and remember what they were asked. */
import type { MediaPool, MediaSession, MediaSessionHandlers } from '../../media/pool.ts';
import type { Scene } from '../../media/protocol.ts';
import type { BackgroundImageRow, PromptRow, SessionEventRow, SessionRow, Store } from '../../store/store.ts';
import type { Log } from '../../telemetry/log.ts';

/** One call of `MediaPool.open`; it waits until the test answers it. */
export interface ScriptedOpening {
  readonly request: { readonly sessionId: string; readonly offerSdp: string; readonly scene: Scene };
  readonly handlers: MediaSessionHandlers;
  readonly signal: AbortSignal;
  /** What the session was told, in order; packets and utterances as JSON. */
  readonly told: string[];
  answer(): void;
  refuse(error: unknown): void;
}

/** With `ignoresAbort` an answer that was on its way arrives nevertheless. */
export function createScriptedPool(options: { readonly ignoresAbort?: boolean } = {}) {
  const openings: ScriptedOpening[] = [];
  const pool: MediaPool = {
    async open(request, handlers, { signal }) {
      const told: string[] = [];
      const { promise, resolve, reject } = Promise.withResolvers<{
        answerSdp: string;
        session: MediaSession;
      }>();
      const session: MediaSession = {
        startUtterance: (id) => told.push(`start ${id}`),
        appendUtterance: (id, { announcements }) =>
          told.push(`append ${id} ${JSON.stringify(announcements)}`),
        endUtterance: (id, announcements) => told.push(`end ${id} ${JSON.stringify(announcements)}`),
        clear: () => told.push('clear'),
        send: (packet) => told.push(`send ${JSON.stringify(packet)}`),
        close: () => told.push('close'),
      };
      openings.push({
        request,
        handlers,
        signal,
        told,
        answer: () => resolve({ answerSdp: 'answer', session }),
        refuse: reject,
      });
      signal.throwIfAborted();
      if (options.ignoresAbort !== true) {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }
      return promise;
    },
    stats: async () => [],
    processIds: () => [],
    close: async () => {},
  };
  return { pool, openings };
}

export function createScriptedStore(
  content: { readonly prompts?: readonly PromptRow[]; readonly images?: readonly BackgroundImageRow[] } = {},
) {
  const rows = new Map<string, SessionRow>();
  const updates: Partial<SessionRow>[] = [];
  const events: SessionEventRow[] = [];
  /** Awaited before each write: lets a test hold writes back or make them fail. */
  const script = { beforeWrite: async (): Promise<void> => {} };
  const notScripted = () => Promise.reject(new Error('This part of the store is not scripted.'));
  const store: Store = {
    kind: 'pglite',
    ping: notScripted,
    upsertOrganization: notScripted,
    putApiKey: notScripted,
    findOrganizationByKey: notScripted,
    listPrompts: notScripted,
    insertPromptIfAbsent: notScripted,
    listBackgroundImages: notScripted,
    insertBackgroundImageIfAbsent: notScripted,
    endOpenSessions: notScripted,
    listSessionEvents: notScripted,
    findPrompt: async (id) => content.prompts?.find((prompt) => prompt.id === id),
    findBackgroundImage: async (id) => content.images?.find((image) => image.id === id),
    async insertSession(row) {
      await script.beforeWrite();
      rows.set(row.id, row);
    },
    findSession: async (id) => rows.get(id),
    async updateSession(id, changes) {
      await script.beforeWrite();
      updates.push(changes);
      const row = rows.get(id);
      if (row !== undefined) rows.set(id, { ...row, ...changes });
    },
    async insertSessionEvent(event) {
      await script.beforeWrite();
      events.push(event);
    },
    close: async () => {},
  };
  return { store, rows, updates, events, script };
}

export function createScriptedLog() {
  const messages: string[] = [];
  const write = (_fields: object, message: string) => void messages.push(message);
  // Only these three are called by what is tested here.
  const log = { info: write, warn: write, error: write } as unknown as Log;
  return { log, messages };
}

export function createSessionRow(overrides: Partial<SessionRow> = {}): SessionRow {
  return {
    id: 'session-1',
    organizationId: 'organization-1',
    nodeId: 'node-1',
    status: 'CREATED',
    terminationReason: null,
    capability: ['STF_WEBRTC', 'LLM'],
    legacyClient: false,
    promptId: null,
    documentId: null,
    llmType: null,
    ttsType: null,
    sttType: null,
    modelStyle: 'style',
    backgroundImageId: null,
    mcpServerIds: [],
    agent: null,
    paddingLeft: null,
    paddingTop: null,
    paddingHeight: null,
    textNormalizationLocale: null,
    sttTextNormalizationLocale: null,
    extraData: null,
    clientSdp: null,
    serverSdp: null,
    createdAt: new Date(0),
    startedAt: null,
    endedAt: null,
    ...overrides,
  };
}

/** A media pool and a store that do what a test tells them, and remember what they were asked. */
import type { MediaPool, MediaSession, MediaSessionHandlers } from '../../media/pool.ts';
import type { Scene } from '../../media/protocol.ts';
import type {
  BackgroundImageRow,
  DocumentRow,
  McpServerRow,
  OrganizationRow,
  PromptRow,
  ResourceTable,
  SessionEventRow,
  SessionRow,
  SessionTemplateRow,
  Store,
  TextNormalizationConfigRow,
  TurnRow,
} from '../../store/store.ts';
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
        setScene: ({ modelStyle }) => told.push(`scene ${modelStyle}`),
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

const notScripted = () => Promise.reject(new Error('This part of the store is not scripted.'));

/** Owned by their organization and lent to nobody. */
function createTable<Row extends { readonly id: string; readonly organizationId: string }>(
  rows: readonly Row[],
): ResourceTable<Row, never> {
  const find = async (id: string) => rows.find((row) => row.id === id);
  return {
    find,
    list: async (organizationId) => rows.filter((row) => row.organizationId === organizationId),
    async findFor(organizationId, id) {
      const row = await find(id);
      return row === undefined ? undefined : { row, usable: row.organizationId === organizationId };
    },
    readBlob: async (id) => {
      const row = await find(id);
      if (row === undefined) return undefined;
      return { bytes: Uint8Array.of(1, 2, 3), mediaType: 'image/png', organizationId: row.organizationId };
    },
    insert: notScripted,
    insertIfAbsent: notScripted,
    update: notScripted,
    remove: notScripted,
    lend: notScripted,
    takeBack: notScripted,
    borrowers: notScripted,
  };
}

export interface ScriptedContent {
  readonly prompts?: readonly PromptRow[];
  readonly documents?: readonly DocumentRow[];
  readonly images?: readonly BackgroundImageRow[];
  readonly mcpServers?: readonly McpServerRow[];
  readonly rules?: readonly TextNormalizationConfigRow[];
}

export function createScriptedStore(content: ScriptedContent = {}) {
  const rows = new Map<string, SessionRow>();
  const updates: Partial<SessionRow>[] = [];
  const events: SessionEventRow[] = [];
  const turns: TurnRow[] = [];
  /** Awaited before each write: lets a test hold writes back or make them fail. */
  const script = { beforeWrite: async (): Promise<void> => {}, activeSessions: 0, secondsThisMonth: 0 };
  const organization = createOrganization();
  const store: Store = {
    kind: 'pglite',
    ping: notScripted,
    findTemplatesUsing: notScripted,
    knowledge: {} as Store['knowledge'], // not used by what is tested with this store
    gateway: {} as Store['gateway'], // neither
    agents: {} as Store['agents'], // neither
    knowledgeBases: {} as Store['knowledgeBases'], // neither
    voiceSessions: {} as Store['voiceSessions'], // neither
    organizations: {
      list: notScripted,
      find: async (id) => ({ ...organization, id }),
      insert: notScripted,
      insertIfAbsent: notScripted,
      update: notScripted,
      remove: notScripted,
    },
    keys: {
      update: notScripted,
      touch: async () => {},
      put: notScripted,
      list: notScripted,
      find: notScripted,
      revoke: notScripted,
      findOwner: notScripted,
    },
    prompts: createTable(content.prompts ?? []),
    documents: createTable(content.documents ?? []),
    backgroundImages: createTable(content.images ?? []),
    mcpServers: createTable(content.mcpServers ?? []),
    textNormalizationConfigs: createTable(content.rules ?? []),
    sessionTemplates: createTable<SessionTemplateRow>([]),
    sessions: {
      list: notScripted,
      endOpen: notScripted,
      listEvents: notScripted,
      listTurns: notScripted,
      countActive: async () => script.activeSessions,
      sumSeconds: async () => script.secondsThisMonth,
      find: async (id) => rows.get(id),
      async insert(row) {
        await script.beforeWrite();
        rows.set(row.id, row);
      },
      async update(id, changes) {
        await script.beforeWrite();
        updates.push(changes);
        const row = rows.get(id);
        if (row !== undefined) rows.set(id, { ...row, ...changes });
      },
      async insertEvent(event) {
        await script.beforeWrite();
        events.push(event);
      },
      async insertTurn(turn) {
        turns.push(turn);
      },
    },
    close: async () => {},
  };
  return { store, rows, updates, events, turns, script };
}

export function createOrganization(overrides: Partial<OrganizationRow> = {}): OrganizationRow {
  return { id: 'ours', name: 'Ours', limits: {}, features: {}, createdAt: new Date(0), ...overrides };
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
    textNormalizationConfigId: null,
    textNormalizationLocale: null,
    sttTextNormalizationConfigId: null,
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

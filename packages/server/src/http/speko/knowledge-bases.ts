/** Knowledge bases of agents and their documents (section 9.3). */
import {
  createKnowledgeBaseDocumentRequest,
  createKnowledgeBaseRequest,
  SpekoError,
} from '@visavox/contract/speko';
import type { Knowledge } from '../../knowledge/index.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { VoiceAgents } from '../../sessions/voice-agents.ts';
import type { KnowledgeBaseDocumentRow, KnowledgeBaseRow, Store } from '../../store/store.ts';
import type { Call } from '../bind.ts';
import { readJson } from '../body.ts';
import { invalidBody, organizationOf } from './call-values.ts';
import { UPLOAD_SECONDS, uploadLink } from './uploads.ts';

export interface KnowledgeBasesContext {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly knowledge: Pick<Knowledge, 'enqueue'>;
  readonly voiceAgents: VoiceAgents;
  readonly randomHex: (digits: number) => string;
  readonly now: () => Date;
}

const MAX_JSON_BYTES = 64 * 1024;
const MAX_METADATA_BYTES = 16 * 1024;
const CONTENT_TYPES = ['text/plain', 'text/markdown', 'text/x-markdown', 'application/x-markdown'];
/** Long after an upload address has expired. */
const ABANDONED_MS = 24 * 3600 * 1000;
/** What is shown where no embedding model has been used. */
const WORDS_ONLY = 'none';

export function createKnowledgeBaseHandlers(context: KnowledgeBasesContext) {
  const { store, knowledge, voiceAgents, randomHex, now } = context;
  const bases = store.knowledgeBases;

  const requireBase = async (call: Call): Promise<KnowledgeBaseRow> => {
    const row = await bases.find(organizationOf(call), call.parameters['kb'] ?? '');
    if (row === undefined) throw new SpekoError('NOT_FOUND');
    return row;
  };
  const requireDocument = async (call: Call, base: KnowledgeBaseRow): Promise<KnowledgeBaseDocumentRow> => {
    const row = await bases.findDocument(base.id, call.parameters['doc'] ?? '');
    if (row === undefined) throw new SpekoError('NOT_FOUND');
    return row;
  };

  return {
    async listKnowledgeBases(call: Call): Promise<object> {
      const organizationId = organizationOf(call);
      const agentId = call.query.get('agentId');
      // Makes the default ones when there are none.
      await voiceAgents.find(organizationId, '_default');
      if (agentId === null) return (await bases.list(organizationId)).map(showBase);
      const agent = await voiceAgents.find(organizationId, agentId);
      return agent === undefined ? [] : (await bases.list(organizationId, agent.id)).map(showBase);
    },
    async createKnowledgeBase(call: Call): Promise<object> {
      const { value } = await readJson(call.request, createKnowledgeBaseRequest, MAX_JSON_BYTES);
      const organizationId = organizationOf(call);
      const agent = await voiceAgents.find(organizationId, value.agentId);
      if (agent === undefined) throw new SpekoError('AGENT_NOT_FOUND');
      const id = `kb_${randomHex(16)}`;
      const at = now();
      await bases.insert({
        id,
        organizationId,
        agentId: agent.id,
        name: value.name,
        description: value.description ?? null,
        createdAt: at,
        updatedAt: at,
      });
      const row = await bases.find(organizationId, id);
      if (row === undefined) throw new SpekoError('NOT_FOUND');
      return showBase(row);
    },
    async getKnowledgeBase(call: Call): Promise<object> {
      return showBase(await requireBase(call));
    },
    async deleteKnowledgeBase(call: Call): Promise<object> {
      const { id, organizationId } = await requireBase(call);
      return { deleted: await bases.remove(organizationId, id) };
    },

    async listKnowledgeBaseDocuments(call: Call): Promise<object> {
      const base = await requireBase(call);
      return (await bases.listDocuments(base.id)).map((row) => showDocument(row, base.id));
    },
    async createKnowledgeBaseDocument(call: Call): Promise<object> {
      const base = await requireBase(call);
      const { value } = await readJson(call.request, createKnowledgeBaseDocumentRequest, MAX_JSON_BYTES);
      const { filename, contentType, sizeBytes, metadata = null } = value;
      const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
      if (!CONTENT_TYPES.includes(mediaType)) {
        throw invalidBody('contentType', `Expected one of ${CONTENT_TYPES.join(', ')}.`);
      }
      if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) {
        throw invalidBody('metadata', 'Expected 16 KiB at most.');
      }
      await bases.removeAbandoned(base.id, new Date(now().getTime() - ABANDONED_MS));
      const id = `doc_${randomHex(24)}`;
      await bases.announce({
        id,
        organizationId: base.organizationId,
        knowledgeBaseId: base.id,
        fileName: filename,
        mediaType: contentType,
        sizeBytes,
        metadata,
      });
      const row = await bases.findDocument(base.id, id);
      if (row === undefined) throw new SpekoError('NOT_FOUND');
      return {
        document: showDocument(row, base.id),
        upload: {
          url: `${call.baseUrl}${uploadLink(id, context)}`,
          method: 'PUT',
          headers: { 'Content-Type': contentType },
          expiresInSeconds: UPLOAD_SECONDS,
        },
      };
    },
    async getKnowledgeBaseDocument(call: Call): Promise<object> {
      const base = await requireBase(call);
      return showDocument(await requireDocument(call, base), base.id);
    },
    async deleteKnowledgeBaseDocument(call: Call): Promise<object> {
      const base = await requireBase(call);
      const { id } = await requireDocument(call, base);
      return { deleted: await bases.removeDocument(base.id, id) };
    },
    /** Once more does nothing. */
    async finalizeKnowledgeBaseDocument(call: Call): Promise<object> {
      const base = await requireBase(call);
      const { id } = await requireDocument(call, base);
      if (await bases.finish(id, now())) {
        // Shown before it is begun, so that the answer says so.
        const started = showDocument(await requireDocument(call, base), base.id);
        knowledge.enqueue(id);
        return started;
      }
      const row = await requireDocument(call, base);
      if (row.state === 'pending') {
        throw new SpekoError('CONFLICT', 'The file has not come yet: PUT it to the upload address first.');
      }
      return showDocument(row, base.id);
    },
  };
}

function showBase(row: KnowledgeBaseRow): object {
  return {
    id: row.id,
    organizationId: row.organizationId,
    agentId: row.agentId,
    name: row.name,
    description: row.description,
    embeddingModel: row.embeddingModel ?? WORDS_ONLY,
    documentCount: row.documentCount,
    chunkCount: row.passageCount,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

function showDocument(row: KnowledgeBaseDocumentRow, knowledgeBaseId: string): object {
  return {
    id: row.id,
    knowledgeBaseId,
    filename: row.fileName,
    contentType: row.mediaType,
    sizeBytes: row.announcedBytes ?? row.storedBytes,
    status: row.state === 'waiting' ? 'processing' : row.state,
    errorMessage: row.failure,
    chunkCount: row.passageCount,
    metadata: row.metadata,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    ingestedAt: row.state === 'ready' ? row.updatedAt.toISOString() : null,
  };
}

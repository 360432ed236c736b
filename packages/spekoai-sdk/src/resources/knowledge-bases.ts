/** Documents for agents. The bytes of a document go to a signed address, not through the API. */

import { SpekoApiError } from '../errors.ts';
import { pause } from '../pause.ts';
import { path, type Transport } from '../transport.ts';
import type {
  KnowledgeBaseCreateParams,
  KnowledgeBaseDocumentCreateParams,
  KnowledgeBaseDocumentCreateResult,
  KnowledgeBaseDocumentPollOptions,
  KnowledgeBaseDocumentRow,
  KnowledgeBaseDocumentUploadParams,
  KnowledgeBaseListParams,
  KnowledgeBaseRow,
} from '../types/knowledge-bases.ts';

export interface KnowledgeBases {
  create(params: KnowledgeBaseCreateParams, signal?: AbortSignal): Promise<KnowledgeBaseRow>;
  list(params?: KnowledgeBaseListParams, signal?: AbortSignal): Promise<KnowledgeBaseRow[]>;
  get(id: string, signal?: AbortSignal): Promise<KnowledgeBaseRow>;
  delete(id: string, signal?: AbortSignal): Promise<{ deleted: boolean }>;
  /** Announces a document and returns where its bytes go; `finalizeDocument` follows. */
  createDocument(
    knowledgeBaseId: string,
    params: KnowledgeBaseDocumentCreateParams,
    signal?: AbortSignal,
  ): Promise<KnowledgeBaseDocumentCreateResult>;
  listDocuments(knowledgeBaseId: string, signal?: AbortSignal): Promise<KnowledgeBaseDocumentRow[]>;
  getDocument(
    knowledgeBaseId: string,
    documentId: string,
    signal?: AbortSignal,
  ): Promise<KnowledgeBaseDocumentRow>;
  /** Says that the bytes are there: the server starts to read them. */
  finalizeDocument(
    knowledgeBaseId: string,
    documentId: string,
    signal?: AbortSignal,
  ): Promise<KnowledgeBaseDocumentRow>;
  deleteDocument(
    knowledgeBaseId: string,
    documentId: string,
    signal?: AbortSignal,
  ): Promise<{ deleted: boolean }>;
  /**
   * Creates a document, sends its bytes and finalizes it.
   *
   * @throws {SpekoApiError} with code `DOCUMENT_UPLOAD_FAILED` when the bytes were refused.
   */
  uploadDocument(
    knowledgeBaseId: string,
    params: KnowledgeBaseDocumentUploadParams,
    signal?: AbortSignal,
  ): Promise<KnowledgeBaseDocumentRow>;
  /**
   * Waits until a document can be searched.
   *
   * @throws {SpekoApiError} with code `DOCUMENT_INGEST_FAILED` when the server cannot read it, and with code
   * `DOCUMENT_INGEST_TIMEOUT` when it takes too long.
   */
  pollDocumentReady(
    knowledgeBaseId: string,
    documentId: string,
    options?: KnowledgeBaseDocumentPollOptions,
  ): Promise<KnowledgeBaseDocumentRow>;
}

export function createKnowledgeBases(transport: Transport): KnowledgeBases {
  const documents = (id: string) => path`/v1/knowledge-bases/${id}/documents`;
  const document = (id: string, documentId: string) =>
    path`/v1/knowledge-bases/${id}/documents/${documentId}`;

  const knowledgeBases: KnowledgeBases = {
    create: (body, signal) => transport.fetchJson('POST', '/v1/knowledge-bases', { body, signal }),
    list: ({ agentId } = {}, signal) =>
      transport.fetchJson('GET', '/v1/knowledge-bases', { query: { agentId }, signal }),
    get: (id, signal) => transport.fetchJson('GET', path`/v1/knowledge-bases/${id}`, { signal }),
    delete: (id, signal) => transport.fetchJson('DELETE', path`/v1/knowledge-bases/${id}`, { signal }),
    createDocument: (id, body, signal) => transport.fetchJson('POST', documents(id), { body, signal }),
    listDocuments: (id, signal) => transport.fetchJson('GET', documents(id), { signal }),
    getDocument: (id, documentId, signal) => transport.fetchJson('GET', document(id, documentId), { signal }),
    finalizeDocument: (id, documentId, signal) =>
      transport.fetchJson('POST', `${document(id, documentId)}/finalize`, { body: {}, signal }),
    deleteDocument: (id, documentId, signal) =>
      transport.fetchJson('DELETE', document(id, documentId), { signal }),

    async uploadDocument(id, { filename, contentType, data, metadata }, signal) {
      const bytes = await readBytes(data);
      const params = { filename, contentType, sizeBytes: bytes.byteLength, metadata };
      const { document, upload } = await knowledgeBases.createDocument(id, params, signal);
      const { url, method, headers } = upload;
      const status = await transport.upload({ url, method, headers, body: bytes, signal });
      if (status < 200 || status > 299) {
        const message = `The bytes of the document were refused with status ${status}.`;
        throw new SpekoApiError(message, status, 'DOCUMENT_UPLOAD_FAILED');
      }
      return knowledgeBases.finalizeDocument(id, document.id, signal);
    },

    async pollDocumentReady(id, documentId, { intervalMs = 2000, timeoutMs = 120_000, signal } = {}) {
      const deadlineMs = performance.now() + timeoutMs;
      for (;;) {
        const row = await knowledgeBases.getDocument(id, documentId, signal);
        if (row.status === 'ready') return row;
        if (row.status === 'failed') {
          const message = row.errorMessage || 'The server could not read the document.';
          throw new SpekoApiError(message, 500, 'DOCUMENT_INGEST_FAILED');
        }
        const leftMs = deadlineMs - performance.now();
        if (leftMs <= 0) {
          const message = `The document was not ready within ${timeoutMs} ms.`;
          throw new SpekoApiError(message, 408, 'DOCUMENT_INGEST_TIMEOUT');
        }
        // An abort shows itself in the next request.
        await pause(Math.min(intervalMs, leftMs), signal);
      }
    },
  };
  return knowledgeBases;
}

/** A copy without type: `fetch` would make a header of the type of a `Blob`. */
async function readBytes(data: ArrayBuffer | Uint8Array | Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array('arrayBuffer' in data ? await data.arrayBuffer() : data);
}

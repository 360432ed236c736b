/** Documents that an agent can look things up in. */

/** Parameters of `knowledgeBases.create`. */
export interface KnowledgeBaseCreateParams {
  agentId: string;
  /** Up to 120 characters. */
  name: string;
  /** Up to 2000 characters. */
  description?: string | undefined;
}

/** Parameters of `knowledgeBases.list`. */
export interface KnowledgeBaseListParams {
  /** Only those of this agent. */
  agentId?: string | undefined;
}

/** A knowledge base, as stored. */
export interface KnowledgeBaseRow {
  id: string;
  organizationId: string;
  agentId: string;
  name: string;
  description: string | null;
  embeddingModel: string;
  documentCount: number;
  chunkCount: number;
  /** ISO 8601. */
  createdAt: string;
  /** ISO 8601. */
  updatedAt: string;
}

/** How far a document is. */
export type KnowledgeBaseDocumentStatus = 'pending' | 'processing' | 'ready' | 'failed';

/** A document, as stored. */
export interface KnowledgeBaseDocumentRow {
  id: string;
  knowledgeBaseId: string;
  filename: string;
  contentType: string;
  sizeBytes: number;
  status: KnowledgeBaseDocumentStatus;
  /** Why it is `failed`. */
  errorMessage: string | null;
  chunkCount: number;
  metadata: Record<string, unknown> | null;
  /** ISO 8601. */
  createdAt: string;
  /** ISO 8601. */
  updatedAt: string;
  /** ISO 8601. */
  ingestedAt: string | null;
}

/** Parameters of `knowledgeBases.createDocument`. */
export interface KnowledgeBaseDocumentCreateParams {
  filename: string;
  /** `text/plain` or `text/markdown`. */
  contentType: string;
  sizeBytes: number;
  metadata?: Record<string, unknown> | undefined;
}

/** Where and how to send the bytes of a document. */
export interface KnowledgeBaseDocumentUploadSpec {
  /** Signed: needs no API key. */
  url: string;
  method: 'PUT';
  headers: Record<string, string>;
  expiresInSeconds: number;
}

/** A new document, and where its bytes go. */
export interface KnowledgeBaseDocumentCreateResult {
  document: KnowledgeBaseDocumentRow;
  upload: KnowledgeBaseDocumentUploadSpec;
}

/** Parameters of `knowledgeBases.uploadDocument`. */
export interface KnowledgeBaseDocumentUploadParams {
  filename: string;
  /** `text/plain` or `text/markdown`. */
  contentType: string;
  data: ArrayBuffer | Uint8Array | Blob;
  metadata?: Record<string, unknown> | undefined;
}

/** Options of `knowledgeBases.pollDocumentReady`. */
export interface KnowledgeBaseDocumentPollOptions {
  /** Default: 2000. */
  intervalMs?: number | undefined;
  /** Default: 120 000. */
  timeoutMs?: number | undefined;
  /** Ends the wait with an `AbortError`. */
  signal?: AbortSignal | undefined;
}

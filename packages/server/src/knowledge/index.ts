/** Documents in, relevant passages out. */
export { DocumentError, type DocumentErrorKind, MAX_FILE_BYTES } from './document.ts';
export { createKnowledge, type Knowledge, type KnowledgeOptions } from './knowledge.ts';
export { recognizeDocument } from './recognize-document.ts';
export type { FoundPassage } from './search.ts';

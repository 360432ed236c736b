/** Documents in, relevant passages out. */
export { createKnowledge, type Knowledge, type KnowledgeOptions } from './knowledge.ts';
export type { FoundPassage } from './search.ts';

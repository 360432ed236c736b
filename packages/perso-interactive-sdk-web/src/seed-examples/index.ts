/**
 * Every code example of the published SDK documents, of version 1.5 and the latest, to be compiled here and run against
 * a live server elsewhere. Nothing of the SDK is bundled with them: they take it from their context.
 */

export type {
  ExpressLike,
  PageContext,
  PageExample,
  SeedNames,
  ServerContext,
  ServerExample,
} from './context.ts';
export { pageExamples } from './page-examples.ts';
export { serverExamples } from './server-examples.ts';

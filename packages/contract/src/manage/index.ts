/** The management API. */
export type { ImportedScoreRow, ManagedDocument, ManagedTemplate, TemplateSettings } from './entities.ts';
export {
  addCredit,
  createApiKey,
  createBackgroundForm,
  createDocumentForm,
  createMcpServer,
  createNormalization,
  createOrganization,
  createPrompt,
  createTemplate,
  importScores,
  scoreRow,
  tryNormalization,
  updateApiKey,
  updateBackground,
  updateDocument,
  updateMcpServer,
  updateNormalization,
  updateOrganization,
  updatePrompt,
  updateTemplate,
} from './entities.ts';
export { manageRoutes } from './routes.ts';

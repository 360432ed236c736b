/** The management API. */
export type { ManagedDocument, ManagedTemplate, TemplateSettings } from './entities.ts';
export {
  createApiKey,
  createBackgroundForm,
  createDocumentForm,
  createMcpServer,
  createNormalization,
  createOrganization,
  createPrompt,
  createTemplate,
  tryNormalization,
  updateBackground,
  updateDocument,
  updateMcpServer,
  updateNormalization,
  updateOrganization,
  updatePrompt,
  updateTemplate,
} from './entities.ts';
export { manageRoutes } from './routes.ts';

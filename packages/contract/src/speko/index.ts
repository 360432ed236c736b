/** The Speko contract: the voice gateway under `/v1`. */
export * from './agent-requests.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './requests.ts';
export { openAiRoutes, type SpekoOperationId, spekoRoutes } from './routes.ts';
export * from './session-requests.ts';

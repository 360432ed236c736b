/** Functions of the server entry alone: they read what only the holder of the API key may see. */

import { ApiError } from '../errors.ts';
import type { GetIntroMessageOptions, GetSessionTemplateOptions, Prompt, SessionTemplate } from '../types.ts';
import { resolveApiServer } from './http.ts';
import { fetchSessionTemplate, fetchWithKey, settingPaths } from './rest.ts';

/**
 * Reads one session template.
 *
 * @throws {ApiError} when the server refuses, `404` for an unknown template.
 *
 * @example
 * ```ts source="./server-only.examples.ts#session-template"
 * const template = await getSessionTemplate({
 *   apiServer: 'https://visavox.example.com',
 *   apiKey,
 *   sessionTemplateId: '<sessiontemplate_id>',
 * });
 * console.log(template.model_style.name);
 * ```
 */
export function getSessionTemplate(options: GetSessionTemplateOptions): Promise<SessionTemplate>;
export function getSessionTemplate(
  apiServer: string,
  apiKey: string,
  sessionTemplateId: string,
): Promise<SessionTemplate>;
export function getSessionTemplate(
  first: string | GetSessionTemplateOptions,
  apiKey = '',
  sessionTemplateId = '',
): Promise<SessionTemplate> {
  const call: GetSessionTemplateOptions =
    typeof first === 'object' ? first : { apiServer: first, apiKey, sessionTemplateId };
  return fetchSessionTemplate(resolveApiServer(call.apiServer), call.apiKey, call.sessionTemplateId, call);
}

/**
 * Reads what the AI human of a prompt should say first.
 *
 * @throws {Error} with `cause` 404 when there is no such prompt; with the server's explanation as `message` and the
 * HTTP status as `cause` when the server refuses.
 *
 * @example
 * ```ts source="./server-only.examples.ts#intro-message"
 * const intro = await getIntroMessage({
 *   apiServer: 'https://visavox.example.com',
 *   apiKey,
 *   promptId: '<prompt_id>',
 * });
 * ```
 */
export function getIntroMessage(options: GetIntroMessageOptions): Promise<string>;
export function getIntroMessage(apiServer: string, apiKey: string, promptId: string): Promise<string>;
export async function getIntroMessage(
  first: string | GetIntroMessageOptions,
  apiKey = '',
  promptId = '',
): Promise<string> {
  const call: GetIntroMessageOptions =
    typeof first === 'object' ? first : { apiServer: first, apiKey, promptId };
  let prompts: Prompt[];
  try {
    prompts = await fetchWithKey(resolveApiServer(call.apiServer), call.apiKey, settingPaths.prompts, call);
  } catch (error) {
    throw error instanceof ApiError ? new Error(error.detail, { cause: error.errorCode }) : error;
  }
  const prompt = prompts.find((candidate) => candidate.prompt_id === call.promptId);
  if (prompt === undefined) throw new Error(`Prompt (${call.promptId}) not found`, { cause: 404 });
  // Optional on the wire; the documented type is a plain string.
  return prompt.intro_message as string;
}

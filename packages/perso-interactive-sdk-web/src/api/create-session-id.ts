/** Creating a session record, from explicit options or from a stored template. */

import { ApiError, toSessionCreationError } from '../errors.ts';
import type {
  CreateSessionIdParams,
  CreateSessionIdParamsOptions,
  CreateSessionIdTemplateOptions,
  SessionTemplate,
} from '../types.ts';
import { type RequestOptions, resolveApiServer } from './http.ts';
import { createSessionRecord, fetchSessionTemplate } from './rest.ts';

type CreateSessionIdOptions = CreateSessionIdParamsOptions | CreateSessionIdTemplateOptions;

/** `createSessionId` as both entries export it. */
export interface CreateSessionId {
  (options: CreateSessionIdParamsOptions): Promise<string>;
  (options: CreateSessionIdTemplateOptions): Promise<string>;
  (apiServer: string, apiKey: string, params: CreateSessionIdParams): Promise<string>;
  (apiServer: string, apiKey: string, sessionTemplateId: string): Promise<string>;
}

/** What differs between the client and the server entry. */
export interface CreateSessionIdBehaviour extends Pick<RequestOptions, 'fetch'> {
  /** What the body says when a template names no MCP server. */
  readonly noMcpServers: 'empty-list' | 'omit';
  /** Called first thing in each call. */
  readonly onCall?: () => void;
}

export function makeCreateSessionId(behaviour: CreateSessionIdBehaviour): CreateSessionId {
  return async (
    first: string | CreateSessionIdOptions,
    apiKey?: string,
    third?: CreateSessionIdParams | string,
  ): Promise<string> => {
    behaviour.onCall?.();
    const call = typeof first === 'object' ? first : fromPositions(first, apiKey, third);
    const apiServer = resolveApiServer(call.apiServer);
    const requestOptions = { fetch: behaviour.fetch, signal: call.signal };
    try {
      const params =
        'sessionTemplateId' in call
          ? templateParams(
              call.sessionTemplateId,
              await fetchSessionTemplate(apiServer, call.apiKey, call.sessionTemplateId, requestOptions),
              behaviour.noMcpServers,
            )
          : call.params;
      return await createSessionRecord(apiServer, call.apiKey, sessionBody(params), requestOptions);
    } catch (error) {
      throw error instanceof ApiError ? toSessionCreationError(error) : error;
    }
  };
}

function fromPositions(
  apiServer: string,
  apiKey = '',
  source: CreateSessionIdParams | string = '',
): CreateSessionIdOptions {
  return typeof source === 'string'
    ? { apiServer, apiKey, sessionTemplateId: source }
    : { apiServer, apiKey, params: source };
}

/** The body of the creation request: the caller's fields behind the capabilities they imply. */
export function sessionBody(params: CreateSessionIdParams): object {
  const given = (params as { capability?: unknown }).capability;
  const capability = new Set<unknown>(Array.isArray(given) ? given : []);
  if (params.using_stf_webrtc) capability.add('STF_WEBRTC');
  if (params.llm_type) capability.add('LLM');
  if (params.tts_type) capability.add('TTS');
  if (params.stt_type) capability.add('STT');
  return Object.assign({ capability: [] }, params, { capability: [...capability] });
}

function templateParams(
  id: string,
  template: SessionTemplate,
  noMcpServers: CreateSessionIdBehaviour['noMcpServers'],
): CreateSessionIdParams {
  const platformType = template.model_style.platform_type;
  if (platformType !== 'webrtc') {
    throw new Error(
      `SessionTemplate "${id}" uses platform_type "${platformType}", but only "webrtc" is supported`,
    );
  }
  const has = (name: string): boolean => template.capability.some((capability) => capability.name === name);
  const mcpServers = template.mcp_servers?.map((server) => server.mcpserver_id) ?? [];
  return {
    using_stf_webrtc: has('STF_WEBRTC'),
    model_style: template.model_style.name,
    prompt: template.prompt.prompt_id,
    document: template.document?.document_id,
    background_image: template.background_image?.backgroundimage_id,
    mcp_servers: mcpServers.length === 0 && noMcpServers === 'omit' ? undefined : mcpServers,
    llm_type: has('LLM') ? template.llm_type.name : undefined,
    tts_type: has('TTS') ? template.tts_type.name : undefined,
    stt_type: has('STT') ? template.stt_type.name : undefined,
    text_normalization_config: template.text_normalization_config?.textnormalizationconfig_id,
    text_normalization_locale: template.text_normalization_locale,
    stt_text_normalization_config: template.stt_text_normalization_config?.textnormalizationconfig_id,
    stt_text_normalization_locale: template.stt_text_normalization_locale,
    padding_left: template.padding_left ?? undefined,
    padding_top: template.padding_top ?? undefined,
    padding_height: template.padding_height ?? undefined,
  };
}

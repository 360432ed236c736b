// biome-ignore-all lint/correctness/noUnusedFunctionParameters: the examples are kept as printed.
/**
 * The examples for servers, as the documents print them: ids and URLs are those of the context, and a line that takes
 * functions from the context stands for each import.
 */

import type { ServerContext, ServerExample } from './context.ts';

const both = ['1.5', 'latest'] as const;
const v15 = ['1.5'] as const;
const latest = ['latest'] as const;

export const serverExamples: readonly ServerExample[] = [
  {
    id: 'create-session-id-template-v15',
    section: 'Create session id',
    documents: v15,
    run: createFromTemplateV15,
  },
  { id: 'express-v15', section: 'Express.js Example', documents: v15, run: expressV15 },
  { id: 'get-intro-message-v15', section: 'Get intro message', documents: v15, run: getIntroMessageV15 },
  { id: 'create-session-id-params', section: 'Create session id', documents: latest, run: createFromParams },
  {
    id: 'create-session-id-template',
    section: 'Create session id',
    documents: latest,
    run: createFromTemplate,
  },
  { id: 'express', section: 'Express.js Example', documents: latest, run: express },
  { id: 'get-intro-message', section: 'Get intro message', documents: latest, run: getIntroMessage },
  {
    id: 'get-session-templates',
    section: 'Get Session Template list',
    documents: latest,
    run: getSessionTemplates,
  },
  { id: 'get-session-template', section: 'Get Session Template', documents: latest, run: getSessionTemplate },
  {
    id: 'session-creation-errors-v15',
    section: 'NotInOrganizationError',
    documents: v15,
    run: creationErrorsV15,
  },
  {
    id: 'session-creation-errors',
    section: 'NotInOrganizationError',
    documents: latest,
    run: creationErrors,
  },
  { id: 'perso-util-server', section: 'PersoUtilServer', documents: both, run: persoUtilServer },
];

async function createFromTemplateV15({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { createSessionId } = server;
  // Example: create session from template
  const sessionId = await createSessionId(apiServer, apiKey, names.sessionTemplateId);
  return sessionId;
}

async function expressV15(context: ServerContext): Promise<unknown> {
  const { express } = context;
  const { createSessionId } = context.server;

  const app = express();

  const API_SERVER = context.apiServer;
  const API_KEY = context.apiKey;

  app.post('/api/session', async (req, res) => {
    try {
      const sessionId = await createSessionId(API_SERVER, API_KEY, {
        using_stf_webrtc: true,
        model_style: context.names.model_style,
        prompt: context.names.prompt,
        llm_type: context.names.llm_type,
        tts_type: context.names.tts_type,
        stt_type: context.names.stt_type,
        // text_normalization_config: "<textnormalizationconfig_id>", // optional
        // stt_text_normalization_config: "<textnormalizationconfig_id>", // optional
        // stt_text_normalization_locale: "ko", // optional
      });
      res.json({ sessionId });
    } catch (error) {
      console.error('Session creation failed:', error);
      res.status(500).json({ error: 'Failed to create session' });
    }
  });

  // Using a SessionTemplate (simpler — no need to specify individual options)
  app.post('/api/session-from-template', async (req, res) => {
    try {
      const sessionId = await createSessionId(API_SERVER, API_KEY, context.names.sessionTemplateId);
      res.json({ sessionId });
    } catch (error) {
      console.error('Session creation failed:', error);
      res.status(500).json({ error: 'Failed to create session' });
    }
  });

  return app.listen(context.port, () => console.log(`Server running on port ${context.port}`));
}

async function getIntroMessageV15({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { getIntroMessage } = server;

  const intro = await getIntroMessage(apiServer, apiKey, names.prompt);
  return intro;
}

async function createFromParams({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { createSessionId } = server;
  // Form A — from explicit params
  const sessionId = await createSessionId({
    apiServer,
    apiKey,
    params: {
      using_stf_webrtc: true,
      model_style: names.model_style,
      prompt: names.prompt,
      llm_type: names.llm_type,
      tts_type: names.tts_type,
      stt_type: names.stt_type,
    },
  });
  return sessionId;
}

async function createFromTemplate({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { createSessionId } = server;
  // Form B — from a SessionTemplate
  const sessionId = await createSessionId({
    apiServer,
    apiKey,
    sessionTemplateId: names.sessionTemplateId,
  });
  return sessionId;
}

async function express(context: ServerContext): Promise<unknown> {
  const { express } = context;
  const { createSessionId } = context.server;

  const app = express();

  const apiServer = context.apiServer;
  const API_KEY = context.apiKey;

  app.post('/api/session', async (req, res) => {
    try {
      const sessionId = await createSessionId({
        apiServer,
        apiKey: API_KEY,
        params: {
          using_stf_webrtc: true,
          model_style: context.names.model_style,
          prompt: context.names.prompt,
          llm_type: context.names.llm_type,
          tts_type: context.names.tts_type,
          stt_type: context.names.stt_type,
          // text_normalization_config: "<textnormalizationconfig_id>", // optional
          // stt_text_normalization_config: "<textnormalizationconfig_id>", // optional
          // stt_text_normalization_locale: "ko", // optional
        },
      });
      res.json({ sessionId });
    } catch (error) {
      console.error('Session creation failed:', error);
      res.status(500).json({ error: 'Failed to create session' });
    }
  });

  // Using a SessionTemplate (simpler — no need to specify individual options)
  app.post('/api/session-from-template', async (req, res) => {
    try {
      const sessionId = await createSessionId({
        apiServer,
        apiKey: API_KEY,
        sessionTemplateId: context.names.sessionTemplateId,
      });
      res.json({ sessionId });
    } catch (error) {
      console.error('Session creation failed:', error);
      res.status(500).json({ error: 'Failed to create session' });
    }
  });

  return app.listen(context.port, () => console.log(`Server running on port ${context.port}`));
}

async function getIntroMessage({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { getIntroMessage } = server;

  const intro = await getIntroMessage({ apiServer, apiKey, promptId: names.prompt });
  return intro;
}

async function getSessionTemplates({ server, apiServer, apiKey }: ServerContext): Promise<unknown> {
  const { getSessionTemplates } = server;
  const templates = await getSessionTemplates({ apiServer, apiKey });
  return templates;
}

async function getSessionTemplate({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { getSessionTemplate } = server;
  const template = await getSessionTemplate({
    apiServer,
    apiKey,
    sessionTemplateId: names.sessionTemplateId,
  });
  return template;
}

/** Resolves with the branch that was taken; the prompt does not exist. */
async function creationErrorsV15({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { createSessionId, DoesNotExistError, NotInOrganizationError, SessionCreationError, ApiError } =
    server;
  const params = { using_stf_webrtc: true, model_style: names.model_style, prompt: 'plp-0' };

  try {
    const sessionId = await createSessionId(apiServer, apiKey, params);
    return sessionId;
  } catch (err) {
    if (err instanceof DoesNotExistError) {
      // e.g. invalid prompt_id — err.attr identifies which input field.
      return ['DoesNotExistError', err.attr];
    } else if (err instanceof NotInOrganizationError) {
      // Resource exists but not enabled for this organization.
      return ['NotInOrganizationError', err.attr];
    } else if (err instanceof SessionCreationError) {
      // Other session creation failures (still has errorCode/code/detail/attr).
      return ['SessionCreationError', err.errorCode, err.code, err.detail, err.attr];
    } else if (err instanceof ApiError) {
      // Any other API error.
      return ['ApiError', err.code];
    } else {
      throw err;
    }
  }
}

/** Resolves with the branch that was taken; the prompt does not exist. */
async function creationErrors({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { createSessionId, DoesNotExistError, NotInOrganizationError, SessionCreationError, ApiError } =
    server;
  const params = { using_stf_webrtc: true, model_style: names.model_style, prompt: 'plp-0' };

  try {
    const sessionId = await createSessionId({ apiServer, apiKey, params });
    return sessionId;
  } catch (err) {
    if (err instanceof DoesNotExistError) {
      // e.g. invalid prompt_id — err.attr identifies which input field.
      return ['DoesNotExistError', err.attr];
    } else if (err instanceof NotInOrganizationError) {
      // Resource exists but not enabled for this organization.
      return ['NotInOrganizationError', err.attr];
    } else if (err instanceof SessionCreationError) {
      // Other session creation failures (still has errorCode/code/detail/attr).
      return ['SessionCreationError', err.errorCode, err.code, err.detail, err.attr];
    } else if (err instanceof ApiError) {
      // Any other API error.
      return ['ApiError', err.code];
    } else {
      throw err;
    }
  }
}

async function persoUtilServer({ server, apiServer, apiKey, names }: ServerContext): Promise<unknown> {
  const { PersoUtilServer } = server;
  const llms = await PersoUtilServer.getLLMs(apiServer, apiKey);
  const prompts = await PersoUtilServer.getPrompts(apiServer, apiKey);
  const modelStyles = await PersoUtilServer.getModelStyles(apiServer, apiKey);
  const download = await PersoUtilServer.downloadTextNormalization(
    apiServer,
    apiKey,
    names.textNormalizationConfigId,
  );
  return { llms, prompts, modelStyles, download };
}

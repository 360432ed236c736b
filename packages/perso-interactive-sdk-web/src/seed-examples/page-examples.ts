// biome-ignore-all lint/suspicious/noExplicitAny: untyped catch clauses of the examples are typed the way they are used.
/**
 * The examples for pages, as the documents print them: ids and URLs are those of the context, a line that takes
 * functions from the context stands for each import, and an enum is a constant object.
 */

import type { PageContext, PageExample } from './context.ts';

const both = ['1.5', 'latest'] as const;
const v15 = ['1.5'] as const;
const latest = ['latest'] as const;

export const pageExamples: readonly PageExample[] = [
  {
    id: 'get-text-normalization-v15',
    section: 'Download Text Normalization Config',
    documents: v15,
    run: getTextNormalizationV15,
  },
  {
    id: 'get-text-normalization',
    section: 'Download Text Normalization Config',
    documents: latest,
    run: getTextNormalization,
  },
  {
    id: 'client-side-testing-v15',
    section: 'Client-side Testing Only',
    documents: v15,
    run: clientSideTestingV15,
  },
  {
    id: 'client-side-testing',
    section: 'Client-side Testing Only',
    documents: latest,
    run: clientSideTesting,
  },
  { id: 'create-session', section: 'Create session', documents: latest, run: createSession },
  { id: 'get-llms', section: 'Get LLM list', documents: latest, run: getLLMs },
  { id: 'get-ttss', section: 'Get TTS list', documents: latest, run: getTTSs },
  { id: 'get-stts', section: 'Get STT list', documents: latest, run: getSTTs },
  { id: 'get-model-styles', section: 'Get ModelStyle list', documents: latest, run: getModelStyles },
  { id: 'get-prompts', section: 'Get prompt list', documents: latest, run: getPrompts },
  { id: 'get-documents', section: 'Get document list', documents: latest, run: getDocuments },
  {
    id: 'get-background-images',
    section: 'Get background image list',
    documents: latest,
    run: getBackgroundImages,
  },
  { id: 'get-mcp-servers', section: 'Get Remote MCP Server list', documents: latest, run: getMcpServers },
  {
    id: 'get-text-normalizations',
    section: 'Get Text Normalization Config list',
    documents: latest,
    run: getTextNormalizations,
  },
  { id: 'get-all-settings', section: 'Get all settings', documents: latest, run: getAllSettings },
  { id: 'make-tts-v15', section: 'Make TTS', documents: v15, run: makeTTSV15 },
  { id: 'make-tts', section: 'Make TTS', documents: latest, run: makeTTS },
  { id: 'get-session-info', section: 'Get session info', documents: latest, run: getSessionInfo },
  {
    id: 'process-llm',
    section: 'Stream LLM responses with full control (Advanced)',
    documents: both,
    run: processLLM,
  },
  {
    id: 'process-llm-cancel',
    section: 'Stream LLM responses with full control (Advanced)',
    documents: both,
    run: processLLMCancel,
  },
  { id: 'get-message-history', section: 'Get message history', documents: both, run: getMessageHistory },
  { id: 'transcribe-audio', section: 'Transcribe audio to text', documents: both, run: transcribeAudio },
  {
    id: 'transcribe-audio-detailed',
    section: 'Transcribe audio (detailed response)',
    documents: both,
    run: transcribeAudioDetailed,
  },
  { id: 'process-tts', section: 'Generate TTS audio from text', documents: both, run: processTTS },
  { id: 'process-stf', section: 'Send audio/video to STF pipeline', documents: both, run: processSTF },
  { id: 'stt', section: 'Stop STT recording and transcribe (HTTP API)', documents: both, run: stt },
  { id: 'is-stt-recording', section: 'Check STT recording status', documents: both, run: isSTTRecording },
  {
    id: 'last-recorded-audio-file',
    section: 'Get last recorded audio file',
    documents: both,
    run: lastRecordedAudioFile,
  },
  { id: 'log-session-event', section: 'Log session event', documents: both, run: logSessionEvent },
  { id: 'chat-tool', section: 'ChatTool', documents: both, run: chatTool },
  { id: 'stt-error', section: 'STTError', documents: both, run: sttError },
  { id: 'tts-error', section: 'TTSError', documents: both, run: ttsError },
  { id: 'llm-stream-chunk', section: 'LLMStreamChunk', documents: both, run: llmStreamChunk },
  { id: 'llm-processor', section: 'LlmProcessor', documents: both, run: llmProcessor },
  { id: 'wav-recorder', section: 'WavRecorder', documents: both, run: wavRecorder },
];

async function getTextNormalizationV15({ client, apiServer, apiKey, names }: PageContext): Promise<unknown> {
  const { getTextNormalization } = client;

  const download = await getTextNormalization(apiServer, apiKey, names.textNormalizationConfigId);
  // download.file_url → pre-signed URL to the CSV ruleset
  return download.file_url;
}

async function getTextNormalization({ client, apiServer, apiKey, names }: PageContext): Promise<unknown> {
  const { getTextNormalization } = client;

  const download = await getTextNormalization({
    apiServer,
    apiKey,
    configId: names.textNormalizationConfigId,
  });
  // download.file_url → pre-signed URL to the CSV ruleset
  return download.file_url;
}

async function clientSideTestingV15(context: PageContext): Promise<unknown> {
  const { document, names } = context;
  const { createSessionId, createSession } = context.client;

  const apiServer = context.apiServer;
  const apiKey = context.apiKey; // ⚠️ NEVER commit or expose this in production

  const sessionId = await createSessionId(apiServer, apiKey, {
    using_stf_webrtc: true,
    model_style: names.model_style,
    prompt: names.prompt,
    llm_type: names.llm_type,
    tts_type: names.tts_type,
    stt_type: names.stt_type,
    // text_normalization_config: "<textnormalizationconfig_id>", // optional
    // stt_text_normalization_config: "<textnormalizationconfig_id>", // optional
    // stt_text_normalization_locale: "ko", // optional
  });

  const session = await createSession(apiServer, sessionId, 1920, 1080, []);
  const videoEl = document.getElementById('video');
  if (videoEl instanceof HTMLVideoElement) {
    session.setSrc(videoEl);
  }
  return session;
}

async function clientSideTesting(context: PageContext): Promise<unknown> {
  const { document, names, apiServer } = context;
  const { createSessionId, createSession } = context.client;

  const apiKey = context.apiKey; // ⚠️ NEVER commit or expose this in production

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
      // text_normalization_config: "<textnormalizationconfig_id>", // optional
      // stt_text_normalization_config: "<textnormalizationconfig_id>", // optional
      // stt_text_normalization_locale: "ko", // optional
    },
  });

  const session = await createSession({
    apiServer,
    sessionId,
    width: 1920,
    height: 1080,
    clientTools: [],
  });
  const videoEl = document.getElementById('video');
  if (videoEl instanceof HTMLVideoElement) {
    session.setSrc(videoEl);
  }
  return session;
}

async function createSession({ client, apiServer, sessionId }: PageContext): Promise<unknown> {
  const { createSession } = client;
  const session = await createSession({
    apiServer,
    sessionId,
    width: 1920,
    height: 1080,
    clientTools: [],
  });
  return session;
}

async function getLLMs({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getLLMs } = client;
  const llms = await getLLMs({ apiServer, apiKey });
  return llms;
}

async function getTTSs({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getTTSs } = client;
  const ttsTypes = await getTTSs({ apiServer, apiKey });
  return ttsTypes;
}

async function getSTTs({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getSTTs } = client;
  const sttTypes = await getSTTs({ apiServer, apiKey });
  return sttTypes;
}

async function getModelStyles({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getModelStyles } = client;
  const modelStyles = await getModelStyles({ apiServer, apiKey });
  return modelStyles;
}

async function getPrompts({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getPrompts } = client;
  const prompts = await getPrompts({ apiServer, apiKey });
  return prompts;
}

async function getDocuments({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getDocuments } = client;
  const documents = await getDocuments({ apiServer, apiKey });
  return documents;
}

async function getBackgroundImages({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getBackgroundImages } = client;
  const backgroundImages = await getBackgroundImages({ apiServer, apiKey });
  return backgroundImages;
}

async function getMcpServers({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getMcpServers } = client;
  const mcpServers = await getMcpServers({ apiServer, apiKey });
  return mcpServers;
}

async function getTextNormalizations({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getTextNormalizations } = client;
  const textNormalizations = await getTextNormalizations({ apiServer, apiKey });
  return textNormalizations;
}

async function getAllSettings({ client, apiServer, apiKey }: PageContext): Promise<unknown> {
  const { getAllSettings } = client;
  const settings = await getAllSettings({ apiServer, apiKey });
  return settings;
}

async function makeTTSV15({ client, apiServer, sessionId }: PageContext): Promise<unknown> {
  const { makeTTS } = client;

  const result = await makeTTS(apiServer, {
    sessionId,
    text: 'Hello, world!',
    locale: 'en', // optional
    output_format: 'wav', // optional
  });
  // result.audio contains Base64-encoded audio data
  return result.audio;
}

async function makeTTS({ client, apiServer, sessionId }: PageContext): Promise<unknown> {
  const { makeTTS } = client;

  const result = await makeTTS({
    apiServer,
    sessionId,
    text: 'Hello, world!',
    locale: 'en', // optional
    output_format: 'wav', // optional
  });
  // result.audio contains Base64-encoded audio data
  return result.audio;
}

async function getSessionInfo({ client, apiServer, sessionId }: PageContext): Promise<unknown> {
  const { getSessionInfo } = client;
  const info = await getSessionInfo({ apiServer, sessionId });
  return info;
}

async function processLLM({ session }: PageContext): Promise<unknown> {
  const types: string[] = [];
  const controller = new AbortController();

  for await (const chunk of session.processLLM({
    message: 'Hello, how are you?',
    signal: controller.signal,
  })) {
    types.push(chunk.type);
    if (chunk.type === 'message') {
      console.log('Streaming:', chunk.message);
      if (chunk.finish) {
        console.log('Complete response:', chunk.message);
        // Optionally trigger avatar speech
        session.processTTSTF(chunk.message);
      }
    } else if (chunk.type === 'tool_call') {
      console.log('Tool called:', chunk.tool_calls);
    } else if (chunk.type === 'tool_result') {
      console.log('Tool result:', chunk.result);
    } else if (chunk.type === 'error') {
      console.error('Error:', chunk.error);
    }
  }
  return types;
}

/** Resolves with the number of chunks before each of the two ways to cancel took effect. */
async function processLLMCancel({ session }: PageContext): Promise<unknown> {
  const controller = new AbortController();
  let aborted = 0;
  const stream = session.processLLM({ message: '...', signal: controller.signal });
  // Cancel the stream
  controller.abort();
  for await (const chunk of stream) if (chunk.type === 'message') aborted++;

  let broken = 0;
  const someCondition = true;
  // Or break from the loop
  for await (const chunk of session.processLLM({ message: '...' })) {
    if (chunk.type === 'message') broken++;
    if (someCondition) break; // Cleanly exits the generator
  }
  return { aborted, broken };
}

async function getMessageHistory({ session }: PageContext): Promise<unknown> {
  const history = session.getMessageHistory();
  console.log('Conversation has', history.length, 'messages');
  return history;
}

/** The page has a file input with a file chosen. */
async function transcribeAudio({ session, document, audioData }: PageContext): Promise<unknown> {
  const texts: string[] = [];
  {
    // From a file input
    const fileInput = document.querySelector('input[type="file"]');
    const file = fileInput.files[0];
    const text = await session.transcribeAudio(file, 'ko');
    texts.push(text);
  }
  {
    // From a Blob
    const audioBlob = new Blob([audioData], { type: 'audio/wav' });
    const text = await session.transcribeAudio(audioBlob);
    texts.push(text);
  }
  return texts;
}

async function transcribeAudioDetailed({ session, audioBlob }: PageContext): Promise<unknown> {
  const result = await session.transcribeAudioDetailed(audioBlob, 'ko');
  console.log(result.text);
  return result;
}

async function processTTS({ session }: PageContext): Promise<unknown> {
  const types: Array<string | undefined> = [];
  {
    const audioBlob = await session.processTTS('Hello, world!');
    if (audioBlob) {
      const audioUrl = URL.createObjectURL(audioBlob);
      const audio = new Audio(audioUrl);
      audio.play();

      // Remember to revoke the URL when done to prevent memory leaks
      audio.onended = () => URL.revokeObjectURL(audioUrl);
    }
    types.push(audioBlob?.type);
  }
  {
    // With locale and output format
    const audioBlob = await session.processTTS('Hello, world!', {
      resample: false,
      locale: 'en',
      output_format: 'mp3',
    });
    types.push(audioBlob?.type);
  }
  return types;
}

async function processSTF({ session, audioData }: PageContext): Promise<unknown> {
  const audioBlob = new Blob([audioData], { type: 'audio/wav' });
  const response = await session.processSTF(audioBlob, 'wav', 'Hello');

  // Or let the SDK derive the format from the Blob:
  const ttsBlob = await session.processTTS('Hello');
  if (ttsBlob) {
    await session.processSTF(ttsBlob, ttsBlob.type, 'Hello');
  }
  return response;
}

async function stt({ session, client, userSpeaks }: PageContext): Promise<unknown> {
  const { STTError } = client;
  // Start recording
  await session.startProcessSTT();

  await userSpeaks();

  // Stop recording and get transcribed text
  try {
    const text = await session.stopProcessSTT('ko');
    console.log('Transcribed:', text);

    // Process the text manually or send to chat
    if (text.trim().length > 0) {
      session.processChat(text);
    }
    return text;
  } catch (error) {
    if (error instanceof STTError) {
      console.error('STT API failed:', error.message);
    }
    return error;
  }
}

/** Runs twice: starts at the first time, and stops at the second. */
async function isSTTRecording({ session, userSpeaks }: PageContext): Promise<unknown> {
  const toggle = async (): Promise<string | undefined> => {
    if (!session.isSTTRecording()) {
      await session.startProcessSTT();
    } else {
      const text = await session.stopProcessSTT();
      // Handle transcribed text
      return text;
    }
    return undefined;
  };
  await toggle();
  await userSpeaks();
  return toggle();
}

async function lastRecordedAudioFile({ session, userSpeaks }: PageContext): Promise<unknown> {
  // Start recording
  await session.startProcessSTT();

  await userSpeaks();

  // Stop recording and get transcribed text (language parameter is optional)
  const text = await session.stopProcessSTT();

  // Access the recorded audio file
  if (session.lastRecordedAudioFile) {
    const audioUrl = URL.createObjectURL(session.lastRecordedAudioFile);
    const audio = new Audio(audioUrl);
    audio.play();

    // Remember to revoke the URL when done to prevent memory leaks
    audio.onended = () => URL.revokeObjectURL(audioUrl);
  }
  return { text, name: session.lastRecordedAudioFile?.name, type: session.lastRecordedAudioFile?.type };
}

async function logSessionEvent({ session }: PageContext): Promise<unknown> {
  // String detail
  await session.logSessionEvent('user clicked submit button');

  // Object detail (JSON-stringified internally)
  await session.logSessionEvent({ action: 'button_click', target: 'submit' });

  // No detail
  await session.logSessionEvent();
  return 'logged';
}

const Units = {
  CELSIUS: 'celsius',
  FAHRENHEIT: 'fahrenheit',
} as const;
type Units = (typeof Units)[keyof typeof Units];

interface Weather {
  temperature: number;
  condition: string;
  humidity: number;
  wind: number;
}

/** Registers the tool with the session, and calls it the way an LLM would; the weather is that of the documents. */
async function chatTool({ session, client: PersoInteractiveSDK }: PageContext): Promise<unknown> {
  /**
   * Retrieves the current weather for a given location
   * @param location - City and country, e.g. 'San Francisco, CA' / examples: 'New York, US', 'Seoul, KR'
   * @param units - The temperature unit to use, enum Units
   * @returns Weather
   */
  function getCurrentWeather(location: string, units: Units = Units.CELSIUS): Promise<Weather> {
    console.log('Weather of', location);
    const temperature = units === Units.CELSIUS ? 30 : 86;
    return Promise.resolve({ temperature, condition: 'Mostly clear', humidity: 68, wind: 10.3 });
  }

  const chatTool = new PersoInteractiveSDK.ChatTool(
    'get_current_weather',
    'Retrieves the current weather for a given location',
    {
      type: 'object',
      properties: {
        location: {
          examples: ['New York, US', 'Seoul, KR'],
          type: 'string',
          description: "City and country, e.g. 'San Francisco, CA'",
        },
        units: {
          type: 'string',
          description: 'The temperature unit to use',
          enum: ['celsius', 'fahrenheit'],
          default: 'celsius',
        },
      },
      required: ['location', 'units'],
    },
    async (arg) => {
      const location: string = arg.location;
      // convert string to Units, 'celsius' -> Units.CELSIUS
      const units = Object.values(Units).find((v) => v === arg.units);
      if (units === undefined) {
        return { result: 'failed' };
      }

      try {
        const weather = await getCurrentWeather(location, units);
        return {
          temperature: `${weather.temperature}${units === Units.CELSIUS ? '℃' : '℉'}`, // 30℃, 86℉
          condition: weather.condition, // e.g. 'Mostly clear'
          humidity: `${weather.humidity}%`, // e.g. 68%
          wind: `${weather.wind}km/h`, // e.g. 10.3km/h
        };
      } catch (error) {
        console.error(error);
        return { result: 'failed' };
      }
    },
    false,
  );

  session.clientTools = [chatTool];
  return [
    await chatTool.call({ location: 'Seoul, KR', units: 'celsius' }),
    await chatTool.call({ location: 'Seoul, KR', units: 'fahrenheit' }),
    await chatTool.call({ location: 'Seoul, KR', units: 'kelvin' }),
  ];
}

/** Resolves with the branch that was taken. */
async function sttError({ session, client }: PageContext): Promise<unknown> {
  const { STTError } = client;

  try {
    const text = await session.stopProcessSTT('ko');
    return text;
  } catch (error: any) {
    if (error instanceof STTError) {
      console.error('STT API Error:', error.underlyingError.detail);
      console.error('Error Code:', error.underlyingError.code);
      return 'STT API Error';
    } else {
      console.error('Recording Error:', error.message);
      return error.message;
    }
  }
}

/** Resolves with what the handler saw of a text that is too long. */
async function ttsError({ session, client }: PageContext): Promise<unknown> {
  const { TTSError, ApiError, TTSDecodeError } = client;
  const seen: string[] = [];
  const remove = session.setErrorHandler((error) => {
    if (error instanceof TTSError) {
      if (error.underlyingError instanceof ApiError) {
        console.error('TTS API error:', error.underlyingError.detail);
        seen.push('TTS API error');
      } else if (error.underlyingError instanceof TTSDecodeError) {
        console.error('TTS decode error:', error.underlyingError.description);
        seen.push('TTS decode error');
      }
    }
  });
  await session.processTTS('x'.repeat(5_000));
  remove();
  return seen;
}

async function llmStreamChunk({ session }: PageContext): Promise<unknown> {
  let streamed = '';
  let finished: string | undefined;
  const tools: unknown[] = [];
  const updateStreamingText = (text: string): void => {
    streamed = text;
  };
  const finalizeResponse = (text: string): void => {
    finished = text;
  };
  const handleError = (error: Error): never => {
    throw error;
  };

  for await (const chunk of session.processLLM({ message: "What's the weather?" })) {
    switch (chunk.type) {
      case 'message':
        // Update UI with streaming text
        updateStreamingText(chunk.message);
        if (chunk.finish) {
          // Final response received
          finalizeResponse(chunk.message);
        }
        break;
      case 'tool_call':
        // Tool is being executed (handled internally)
        console.log(
          'Executing tools:',
          chunk.tool_calls.map((t) => t.function.name),
        );
        tools.push(...chunk.tool_calls.map((t) => t.function.name));
        break;
      case 'tool_result':
        // Tool execution completed
        console.log('Tool result:', chunk.tool_call_id, chunk.result);
        break;
      case 'error':
        // Handle error
        handleError(chunk.error);
        break;
    }
  }
  return { streamed, finished, tools };
}

async function llmProcessor({ client, apiServer, sessionId }: PageContext): Promise<unknown> {
  const { LlmProcessor, ChatTool, ChatState } = client;
  const weatherTool = new ChatTool('get_current_weather', 'Retrieves the current weather', {}, () => ({
    temperature: '30℃',
  }));
  const states: unknown[] = [];

  const processor = new LlmProcessor({
    apiServer,
    sessionId,
    clientTools: [weatherTool],
    callbacks: {
      onChatStateChange: (add, remove) => {
        /* update UI state */
        states.push([add === ChatState.LLM, remove === ChatState.LLM]);
      },
      onError: (error) => {
        console.error(error);
      },
      onChatLog: (message, isUser) => {
        /* update chat UI */
        console.log(message, isUser);
      },
      onTTSTF: (message) => {
        /* trigger avatar speech */
        console.log(message);
      },
    },
  });

  for await (const chunk of processor.processLLM({ message: 'Hello!' })) {
    if (chunk.type === 'message' && chunk.finish) {
      console.log('Complete:', chunk.message);
    }
  }
  return { states, history: processor.getHistory() };
}

async function wavRecorder({ client, session, userSpeaks }: PageContext): Promise<unknown> {
  const { WavRecorder, createWavRecorder } = client;
  const texts: string[] = [];
  for (const recorder of [
    // Using factory function
    createWavRecorder({ targetSampleRate: 16000 }),

    // Or using constructor directly
    new WavRecorder({ channels: 1, targetSampleRate: 16000 }),
  ]) {
    // Start recording
    await recorder.start();

    await userSpeaks();

    // Stop recording and get WAV file
    const audioFile = await recorder.stop();

    // Use the file (e.g., send to server, play back, or pass to session.transcribeAudio)
    const text = await session.transcribeAudio(audioFile, 'en');
    texts.push(text);
  }
  return texts;
}

/** Code shown in the README: a server that creates sessions. */

// #region server
import { createServer } from 'node:http';
import { createSessionId } from './server.ts';

const apiKey = process.env['PERSO_INTERACTIVE_API_KEY'] ?? '';

createServer(async (_request, response) => {
  try {
    const sessionId = await createSessionId({
      apiServer: 'https://visavox.example.com',
      apiKey,
      params: {
        using_stf_webrtc: true,
        model_style: '<model style name>',
        prompt: '<prompt_id>',
        llm_type: '<LLM name>',
        tts_type: '<TTS name>',
        stt_type: '<STT name>',
      },
    });
    response.end(JSON.stringify({ sessionId }));
  } catch (error) {
    console.error('No session was created.', error);
    response.writeHead(500).end('{}');
  }
}).listen(3000);
// #endregion

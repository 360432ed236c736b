/** The few REST calls that tests make from outside. */
import type { RunningServer } from '@visavox/server/testing';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

export function createApi(server: RunningServer) {
  const headers = { 'PersoLive-APIKey': server.apiKey, 'content-type': 'application/json' };
  const get = async (path: string): Promise<Json> =>
    (await fetch(`${server.url}/api/v1/${path}`, { headers })).json();
  const post = async (path: string, body: object): Promise<Json> => {
    const response = await fetch(`${server.url}/api/v1/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return response.json();
  };
  return {
    get,
    post,
    async createSession(overrides: object = {}): Promise<string> {
      const [prompt] = await get('prompt/');
      const created = await post('session/', {
        capability: ['STF_WEBRTC', 'TTS'],
        using_stf_webrtc: true,
        model_style: 'yuri-front_natural',
        prompt: prompt.prompt_id,
        tts_type: 'yuri',
        ...overrides,
      });
      if (typeof created.session_id !== 'string') throw new Error(`No session: ${JSON.stringify(created)}`);
      return created.session_id;
    },
    session: (id: string): Promise<Json> => get(`session/${id}/`),
  };
}

export type Api = ReturnType<typeof createApi>;

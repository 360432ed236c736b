/** The platform in a process of its own, and the calls that the measurements make to it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('./platform-process.ts', import.meta.url));

export interface PlatformOptions {
  /** `embedded`: what a fresh installation has. `bursts`: a voice with known sounds and mouth shapes. */
  readonly vendor: 'embedded' | 'bursts';
  readonly environment?: Readonly<Record<string, string>>;
}

export type ToPlatform = { readonly kind: 'stats' } | { readonly kind: 'close' };
export type FromPlatform =
  | { readonly kind: 'ready'; readonly url: string; readonly apiKey: string; readonly mediaProcessId: number }
  | { readonly kind: 'stats'; readonly stats: object };

/** Counters of the media process since its start. */
export interface MediaCounters {
  readonly frames: number;
  readonly lateFrames: number;
  readonly stages: number;
  readonly sessions: number;
}

export interface Platform {
  readonly url: string;
  readonly processId: number;
  readonly mediaProcessId: number;
  createSession(): Promise<string>;
  mediaCounters(): Promise<MediaCounters>;
  close(): Promise<void>;
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const child = fork(ENTRY, [JSON.stringify(options)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const receive = async <Kind extends FromPlatform['kind']>(kind: Kind) => {
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The platform ended with code ${code}.`);
      }),
    ]);
    // Only platform-process.ts writes to this channel, and one request is open at a time.
    return message as Extract<FromPlatform, { kind: Kind }>;
  };
  const { url, apiKey, mediaProcessId } = await receive('ready');
  const headers = { 'PersoLive-APIKey': apiKey, 'content-type': 'application/json' };
  const call = async (path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      headers,
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  // The catalogue's documented shape.
  const [prompt] = (await call('prompt/')) as readonly { readonly prompt_id: string }[];

  return {
    url,
    processId: child.pid ?? 0,
    mediaProcessId,
    async createSession() {
      const created = await call('session/', {
        capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'],
        using_stf_webrtc: true,
        model_style: 'yuri-front_natural',
        prompt: prompt?.prompt_id,
        llm_type: 'gpt-35',
        tts_type: 'yuri',
        stt_type: 'default',
      });
      // The documented shape of the answer.
      return (created as { readonly session_id: string }).session_id;
    },
    async mediaCounters() {
      child.send({ kind: 'stats' } satisfies ToPlatform);
      const { stats } = await receive('stats');
      // The media process of this very version counts these.
      return stats as MediaCounters;
    },
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.send({ kind: 'close' } satisfies ToPlatform);
      await ended;
    },
  };
}

/** The platform in a process of its own, and the calls that the measurements make to it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '@visavox/server/node-flags';

const ENTRY = fileURLToPath(new URL('./platform-process.ts', import.meta.url));

export interface PlatformOptions {
  /** `embedded`: what a fresh installation has. `bursts`: a voice with known sounds and mouth shapes. */
  readonly vendor: 'embedded' | 'bursts';
  readonly environment?: Readonly<Record<string, string>>;
}

export type ToPlatform = { readonly kind: 'stats' } | { readonly kind: 'close' };
export type FromPlatform =
  | {
      readonly kind: 'ready';
      readonly url: string;
      readonly apiKey: string;
      readonly mediaProcessId: number;
      readonly gatewayProcessIds: readonly number[];
    }
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
  /** Headers of a call with the key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly processId: number;
  readonly mediaProcessId: number;
  readonly gatewayProcessIds: readonly number[];
  createSession(): Promise<string>;
  mediaCounters(): Promise<MediaCounters>;
  close(): Promise<void>;
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const child = fork(ENTRY, [JSON.stringify(options)], {
    execArgv: ['--disable-warning=ExperimentalWarning', ...NODE_FLAGS],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let waiting = Promise.withResolvers<FromPlatform>();
  // Only platform-process.ts writes to this channel.
  child.on('message', (message) => waiting.resolve(message as FromPlatform));
  child.once('exit', (code) => waiting.reject(new Error(`The platform ended with code ${code}.`)));
  /** One request is open at a time. */
  const receive = async (): Promise<FromPlatform> => {
    const message = await waiting.promise;
    waiting = Promise.withResolvers();
    waiting.promise.catch(() => {});
    return message;
  };
  const ready = await receive();
  if (ready.kind !== 'ready') throw new Error('The platform answered before it was ready.');
  const { url, apiKey, mediaProcessId, gatewayProcessIds } = ready;
  const answers = options.vendor === 'embedded';
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
    headers,
    processId: child.pid ?? 0,
    mediaProcessId,
    gatewayProcessIds,
    async createSession() {
      const created = await call('session/', {
        capability: ['STF_WEBRTC', ...(answers ? ['LLM'] : [])],
        using_stf_webrtc: true,
        model_style: 'yuri-front_natural',
        prompt: prompt?.prompt_id,
        ...(answers ? { llm_type: 'gpt-35' } : {}),
        tts_type: 'yuri',
      });
      // The documented shape of the answer.
      return (created as { readonly session_id: string }).session_id;
    },
    async mediaCounters() {
      child.send({ kind: 'stats' } satisfies ToPlatform);
      const reply = await receive();
      if (reply.kind !== 'stats') throw new Error('The platform answered something else than its counters.');
      // The media process of this very version counts these.
      return reply.stats as MediaCounters;
    },
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.send({ kind: 'close' } satisfies ToPlatform);
      await ended;
    },
  };
}

/** The HTTP API under a steady 200 requests a second: create, info and settings lists, embedded database. */
import type { Measurement } from './bench.ts';
import { quantile } from './statistics.ts';
import { rowOf } from './table.ts';

const REQUESTS_PER_SECOND = 200;

interface Kind {
  readonly name: string;
  readonly share: number;
  run(): Promise<Response>;
}

/**
 * Requests leave on a fixed schedule, whether or not earlier ones have been answered, and each is timed from the moment
 * it was due: a server that stalls cannot hide it.
 */
export const measureHttp: Measurement = async (bench) => {
  const platform = await bench.startPlatform({
    vendor: 'embedded',
    environment: { VISAVOX_START_WINDOW_SECONDS: '10' },
  });
  const { url, headers } = platform;
  const get = (path: string) => fetch(`${url}/api/v1/${path}`, { headers });
  // The documented shape of the list.
  const prompts = (await (await get('prompt/')).json()) as readonly { readonly prompt_id: string }[];
  const prompt = prompts[0]?.prompt_id;
  const body = JSON.stringify({
    capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'],
    using_stf_webrtc: true,
    model_style: 'yuri-front_natural',
    prompt,
    llm_type: 'gpt-35',
    tts_type: 'yuri',
    stt_type: 'default',
  });
  const ids = [await platform.createSession()];
  const kinds: readonly Kind[] = [
    {
      name: 'create',
      share: 0.2,
      async run() {
        const response = await fetch(`${url}/api/v1/session/`, { method: 'POST', headers, body });
        // The documented shape of the answer.
        const created = (await response.clone().json()) as { readonly session_id: string };
        ids.push(created.session_id);
        if (ids.length > 50) ids.shift();
        return response;
      },
    },
    { name: 'info', share: 0.4, run: () => get(`session/${ids.at(-1) ?? ''}/`) },
    { name: 'settings', share: 0.1, run: () => get('settings/llm_type/') },
    { name: 'voices', share: 0.1, run: () => get('settings/tts_type/') },
    { name: 'prompts', share: 0.1, run: () => get('prompt/') },
    { name: 'documents', share: 0.1, run: () => get('document/') },
  ];
  const times = new Map<string, number[]>(kinds.map(({ name }) => [name, []]));
  let failures = 0;
  const round = async (seconds: number, record: boolean): Promise<void> => {
    const startMs = performance.now();
    const open: Promise<void>[] = [];
    for (let index = 0; index < seconds * REQUESTS_PER_SECOND; index++) {
      const dueMs = startMs + (index * 1000) / REQUESTS_PER_SECOND;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const kind = pick(kinds, (index * 0.618034) % 1);
      // A timer wakes up to a millisecond late, which is not the server's time.
      const sentMs = Math.max(dueMs, performance.now() - 1);
      open.push(
        kind
          .run()
          .then((response) => response.arrayBuffer().then(() => response.ok))
          .then((ok) => {
            if (!ok) failures += 1;
            if (record) times.get(kind.name)?.push(performance.now() - sentMs);
          }),
      );
    }
    await Promise.all(open);
  };
  await round(3, false);
  await round(bench.quick ? 10 : 60, true);
  const all = [...times.values()].flat();
  return [
    rowOf(`HTTP at ${REQUESTS_PER_SECOND}/s: all`, 'ms', all, {
      text: 'median ≤ 3',
      holds: ({ median }) => median <= 3,
    }),
    rowOf(`HTTP at ${REQUESTS_PER_SECOND}/s: all, p99`, 'ms', [quantile(all, 0.99)], {
      text: '≤ 15',
      holds: ({ median }) => median <= 15,
    }),
    ...[...times].map(([name, values]) => rowOf(`HTTP at ${REQUESTS_PER_SECOND}/s: ${name}`, 'ms', values)),
    rowOf('HTTP: failed requests', 'count', [failures], { text: '0', holds: ({ median }) => median === 0 }),
  ];
};

function pick(kinds: readonly Kind[], position: number): Kind {
  let sum = 0;
  for (const kind of kinds) {
    sum += kind.share;
    if (position < sum) return kind;
  }
  // The shares add up to 1.
  return kinds[0] as Kind;
}

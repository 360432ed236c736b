/** Offers and bodies as no browser sends them, over real sockets: refused in order, and nothing dies of them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startTestServer } from '../src/testing.ts';
import { createScriptedVendor } from './scripted-providers.ts';

let server: RunningServer;
let promptId: string;

beforeAll(async () => {
  server = await startTestServer({ providers: [createScriptedVendor().provider] });
  const prompts = await fetch(`${server.url}/api/v1/prompt/`, { headers: key() });
  [{ prompt_id: promptId }] = (await prompts.json()) as [{ prompt_id: string }]; // the contract's list of prompts
});
afterAll(() => server.close());

const key = () => ({ 'PersoLive-APIKey': server.apiKey });
const post = (path: string, body: unknown) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...key() },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

async function createSession(): Promise<string> {
  const response = await post('/api/v1/session/', {
    capability: ['STF_WEBRTC', 'LLM', 'TTS'],
    model_style: 'yuri-front_natural',
    prompt: promptId,
  });
  expect(response.status).toBe(201);
  const { session_id: id } = (await response.json()) as { session_id: string }; // the contract's session
  return id;
}

/** Shortened from an offer of Chromium 131: receive-only media, one data channel, no candidates. */
const FINGERPRINT = Array.from({ length: 32 }, (_, index) => (index + 160).toString(16).toUpperCase()).join(
  ':',
);
const TRANSPORT = [
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:Kx3v',
  'a=ice-pwd:3nTq7QJxSl0hZ0fV0ow5dDPM',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=setup:actpass',
];
const OFFER = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1 2',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8 126',
  ...TRANSPORT,
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=mid:0',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=recvonly',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:126 telephone-event/8000',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 45 46',
  ...TRANSPORT,
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=mid:1',
  'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'a=extmap:3 urn:3gpp:video-orientation',
  'a=recvonly',
  'a=rtcp-mux',
  'a=rtcp-rsize',
  'a=rtpmap:96 VP8/90000',
  'a=rtcp-fb:96 goog-remb',
  'a=rtcp-fb:96 nack pli',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:98 VP9/90000',
  'a=fmtp:98 profile-id=0',
  'a=rtpmap:99 rtx/90000',
  'a=fmtp:99 apt=98',
  'a=rtpmap:45 AV1/90000',
  'a=rtpmap:46 rtx/90000',
  'a=fmtp:46 apt=45',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  ...TRANSPORT,
  'a=mid:2',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
];

/** Numbers in 0 – 1 that are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function mutate(lines: readonly string[], random: () => number): string {
  const mutated = [...lines];
  const at = () => Math.floor(random() * mutated.length);
  const numbers = ['0', '-1', '65536', '4294967296', '99999999999999999999', ''];
  const texts = ['', '%s%n', '\u{1f600}', 'x'.repeat(5000), 'a=', '\\0', ';;;', '../../'];
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  const edits: readonly (() => void)[] = [
    () => mutated.splice(at(), 1),
    () => mutated.splice(at(), 0, mutated[at()] ?? ''),
    () => mutated.splice(at(), 0, ...mutated.slice(at()).slice(0, 12)),
    () => mutated.splice(at()),
    () => {
      const index = at();
      mutated[index] = (mutated[index] ?? '').replace(/\d+/, pick(numbers));
    },
    () => {
      const index = at();
      const line = mutated[index] ?? '';
      const cut = Math.floor(random() * line.length);
      mutated[index] = line.slice(0, cut) + pick(texts) + line.slice(cut + 1);
    },
    () => {
      const [first, second] = [at(), at()];
      [mutated[first], mutated[second]] = [mutated[second] ?? '', mutated[first] ?? ''];
    },
    () =>
      mutated.splice(
        at(),
        0,
        `a=${pick(['ssrc:1 cname:x', 'candidate:1 1 udp 1 127.0.0.1 1 typ host', 'rid:x send', 'simulcast:send x', 'msid:- -', 'ice-lite', 'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x', 'sendrecv', 'inactive'])}`,
      ),
  ];
  const count = 1 + Math.floor(random() * 4);
  for (let edit = 0; edit < count; edit += 1) edits[Math.floor(random() * edits.length)]?.();
  return `${mutated.join('\r\n')}\r\n`;
}

test('the offer that is varied below is a good one', async () => {
  const id = await createSession();
  const response = await post(`/api/v1/session/${id}/exchange/`, {
    client_sdp: { type: 'offer', sdp: `${OFFER.join('\r\n')}\r\n` },
  });
  expect(response.status, await response.clone().text()).toBe(200);
});

test('whatever offer comes is answered or refused, and no media process dies of it', async () => {
  const processes = server.mediaProcessIds();
  const random = createRandom(5);
  const statuses = new Map<number, number>();
  const attempt = async (sdp: string): Promise<void> => {
    const id = await createSession();
    const response = await post(`/api/v1/session/${id}/exchange/`, { client_sdp: { type: 'offer', sdp } });
    const body = await response.text();
    expect([200, 400, 503], `${body}\n${sdp}`).toContain(response.status);
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    expect(server.mediaProcessIds(), sdp).toEqual(processes);
    // Ends the peer as well, so that they do not add up.
    await post(`/api/v1/session/${id}/event/create/`, { event: 'SESSION_END' });
  };
  for (let round = 0; round < 15; round += 1) {
    await Promise.all(Array.from({ length: 4 }, () => attempt(mutate(OFFER, random))));
  }
  expect(statuses.get(200) ?? 0, 'some changes are harmless').toBeGreaterThan(5);
  expect(statuses.get(400) ?? 0, 'some are not').toBeGreaterThan(5);
  const stats = await server.mediaStats({ signal: AbortSignal.timeout(5000) });
  expect(stats).toMatchObject([{ sessions: 1 }]);
});

test('text that a database cannot keep, and nesting without end, are the fault of the client', async () => {
  const id = await createSession();
  const base = { capability: [] };
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const cases: readonly (readonly [path: string, body: unknown, status: number])[] = [
    ['/api/v1/session/', { ...base, agent: 'a\u0000b' }, 400],
    ['/api/v1/session/', { ...base, prompt: '\u0000' }, 400],
    ['/api/v1/session/', { ...base, extra_data: { a: '\u0000' } }, 400],
    ['/api/v1/session/', `{"capability":[],"extra_data":${deep}}`, 400],
    [`/api/v1/session/${id}/event/create/`, { event: 'SESSION_LOG', detail: '\u0000' }, 400],
    [`/api/v1/session/${id}/exchange/`, { client_sdp: { type: 'offer', sdp: 'v=0\r\na=\u0000\r\n' } }, 400],
    [`/api/v1/session/${id}/llm/v2/`, `{"messages":[{"role":"user","content":${deep}}]}`, 400],
    ['/api/v1/session/%00/tts/', { text: 'Hi.' }, 404],
    [`/api/v1/session/${'x'.repeat(4000)}/tts/`, { text: 'Hi.' }, 404],
  ];
  for (const [path, body, status] of cases) {
    const response = await post(path, body);
    expect(response.status, `${path.slice(0, 60)} ${JSON.stringify(body).slice(0, 80)}`).toBe(status);
  }
  for (const path of [
    '/api/v1/session/%00/',
    '/media/background-images/%00',
    '/media/model-styles/%00/preview',
  ]) {
    expect((await fetch(`${server.url}${path}`)).status, path).toBe(404);
  }
  const strange = await fetch(`${server.url}/api/v1/prompt/`, {
    headers: { 'PersoLive-APIKey': '\u00ff'.repeat(200) },
  });
  expect(strange.status).toBe(401);
});

/**
 * How each generation of published clients connects, as data, and one page script that does it with Chromium's own
 * peer connection. The script is put into a page as `window.connectAs`, and what it makes is kept in `window.clients`.
 */
import type { Page } from 'playwright-core';

export interface Generation {
  readonly name: string;
  /** Which duties of the first, the classic and the later generations it brings along. */
  readonly family: 'L' | 'C' | 'N';
  readonly readsInfo: boolean;
  readonly sendsKeyForIceServers: boolean;
  readonly audio: 'microphone' | 'silence' | 'none';
  readonly vp8Only: boolean;
  /** Sends SESSION_DURING beside the connection. */
  readonly beats: boolean;
  /** The creation body, its keys in the order of the client. */
  readonly body: (promptId: string) => object;
}

const style = 'yuri-front_natural';
const firstBody = (prompt: string) => ({
  llm_type: 'gpt-35',
  tts_type: 'yuri',
  model_style: style,
  prompt,
  document: '',
});
const fullFirstBody = (prompt: string) => ({
  ...firstBody(prompt),
  background_image: '',
  padding_left: 0,
  padding_top: 0,
  padding_height: 1,
});
const modernBody = (prompt: string) => ({
  capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'],
  using_stf_webrtc: true,
  model_style: style,
  prompt,
  llm_type: 'gpt-35',
  tts_type: 'yuri',
  stt_type: 'default',
});

const l = { family: 'L', readsInfo: false, vp8Only: true, beats: false, body: fullFirstBody } as const;
const classic = { ...l, family: 'C', sendsKeyForIceServers: false, audio: 'silence' } as const;
const modern = {
  family: 'N',
  readsInfo: true,
  sendsKeyForIceServers: false,
  audio: 'none',
  vp8Only: false,
  beats: false,
  body: modernBody,
} as const;

export const FIRST: Generation = {
  ...l,
  name: 'L 1.0.0',
  sendsKeyForIceServers: true,
  audio: 'microphone',
  body: firstBody,
};
export const LAST_OF_FIRST: Generation = {
  ...l,
  name: 'L 1.0.6 to 1.0.8',
  sendsKeyForIceServers: false,
  audio: 'silence',
};
export const CLASSIC: Generation = {
  ...classic,
  name: 'C and N1.1',
  body: (prompt) => ({ ...modernBody(prompt), document: null, background_image: null, mcp_servers: [] }),
};
export const MODERN: Generation = { ...modern, name: 'N1.3.4 to N1.6' };
export const MODERN_WITH_VOICE: Generation = {
  ...modern,
  name: 'N1.6 in its boolean form',
  audio: 'microphone',
};

export const GENERATIONS: readonly Generation[] = [
  FIRST,
  LAST_OF_FIRST,
  {
    ...classic,
    name: 'LC',
    body: (prompt) => ({ capability: ['LLM', 'STF_WEBRTC'], stt_type: 'default', ...fullFirstBody(prompt) }),
  },
  CLASSIC,
  { ...modern, name: 'N1.2 to N1.3.3', beats: true },
  MODERN,
  MODERN_WITH_VOICE,
  { ...modern, name: 'N1.6 in its boolean form without voice', audio: 'silence' },
];

export interface ConnectOptions extends Omit<Generation, 'name' | 'family' | 'body'> {
  readonly apiServer: string;
  readonly apiKey: string;
  readonly sessionId: string;
  readonly width: number;
  readonly height: number;
}

/** What a client knows of its connection; times are milliseconds of the page's clock. */
export interface ConnectionReport {
  readonly offer: string;
  readonly answer: string;
  readonly exchangeMs: number;
  readonly readinessMs: number;
  readonly firstPongMs: number | undefined;
  readonly largestPongGapMs: number;
  readonly firstPictureMs: number | undefined;
  readonly pictures: number;
  readonly iceStates: readonly string[];
  /** The stream that each `track` event named. */
  readonly streams: readonly { readonly kind: string; readonly ids: readonly string[] }[];
  /** Frames of the command channel but pongs, with the time they came at. */
  readonly packets: readonly { readonly atMs: number; readonly type: string; readonly data: any }[];
  /** Frames that no client can read. */
  readonly unreadable: readonly string[];
  /** When sound began and ended. */
  readonly sounds: readonly { readonly atMs: number; readonly loud: boolean }[];
}

/** Puts `connectAs` into the page. Everything it needs is inside of it. */
export async function installClient(page: Page): Promise<void> {
  await page.evaluate(() => {
    const POLL_MS = 100;
    const POLLS = 50;
    const PING_MS = 1000;
    const BEAT_MS = 1000;
    const LOUD = 0.02;
    const clients: Record<string, unknown> = {};

    /** The microphone, or the silence that clients without voice chat send. */
    const openAudio = async (kind: 'microphone' | 'silence'): Promise<MediaStream> => {
      if (kind === 'microphone') return navigator.mediaDevices.getUserMedia({ audio: true, video: false });
      const context = new AudioContext();
      const oscillator = context.createOscillator();
      oscillator.frequency.value = 0;
      const destination = context.createMediaStreamDestination();
      oscillator.connect(destination);
      oscillator.start();
      return destination.stream;
    };

    const watchSound = (stream: MediaStream, sounds: { atMs: number; loud: boolean }[]): (() => void) => {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 1024;
      context.createMediaStreamSource(stream).connect(analyser);
      const wave = new Float32Array(analyser.fftSize);
      const timer = setInterval(() => {
        analyser.getFloatTimeDomainData(wave);
        const loud = Math.max(...wave.map(Math.abs)) > LOUD;
        if (loud !== (sounds.at(-1)?.loud ?? false)) sounds.push({ atMs: performance.now(), loud });
      }, 20);
      return () => {
        clearInterval(timer);
        void context.close();
      };
    };

    const connectAs = async (name: string, options: ConnectOptions): Promise<void> => {
      const session = `${options.apiServer}/api/v1/session/${options.sessionId}/`;
      const json = async (response: Response): Promise<any> => {
        const body = await response.json();
        if (!response.ok) throw new Error(`${response.status} ${body.errors[0].detail}`);
        return body;
      };
      const postJson = (path: string, body: unknown) =>
        fetch(session + path, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        }).then(json);
      if (options.readsInfo) {
        const info = await json(await fetch(session));
        const names = info.capability.map((entry: { name: string }) => entry.name);
        if (!names.includes('STF_WEBRTC')) throw new Error('The session has no video.');
      }
      const local = options.audio === 'none' ? undefined : await openAudio(options.audio);
      const headers = options.sendsKeyForIceServers ? { 'PersoLive-APIKey': options.apiKey } : undefined;
      const { ice_servers: iceServers } = await json(
        await fetch(`${session}ice-servers/`, headers === undefined ? {} : { headers }),
      );

      const started = performance.now();
      const since = () => performance.now() - started;
      const configuration = { sdpSemantics: 'unified-plan', iceServers };
      const peer = new RTCPeerConnection(configuration);
      const report = {
        offer: '',
        answer: '',
        exchangeMs: 0,
        readinessMs: 0,
        firstPongMs: undefined as number | undefined,
        largestPongGapMs: 0,
        firstPictureMs: undefined as number | undefined,
        pictures: 0,
        iceStates: [] as string[],
        streams: [] as { kind: string; ids: string[] }[],
        packets: [] as { atMs: number; type: string; data: unknown }[],
        unreadable: [] as string[],
        sounds: [] as { atMs: number; loud: boolean }[],
      };
      const channel = peer.createDataChannel('message', { protocol: 'message' });
      const send = (type: string, data: object = {}) => channel.send(JSON.stringify({ type, data }));
      let stream: MediaStream | undefined;
      let connectedAt: number | undefined;
      let lastPong = 0;
      let pinging: ReturnType<typeof setInterval> | undefined;
      let beating: ReturnType<typeof setInterval> | undefined;
      const beats: number[] = [];
      channel.onopen = () => {
        pinging = setInterval(() => channel.readyState === 'open' && send('ping'), PING_MS);
      };
      channel.onmessage = ({ data }) => {
        let packet: any;
        try {
          packet = JSON.parse(data);
        } catch {
          // Stays undefined.
        }
        if (
          typeof data !== 'string' ||
          typeof packet?.type !== 'string' ||
          Object(packet.data) !== packet.data
        ) {
          report.unreadable.push(String(data));
        } else if (packet.type === 'ping') {
          if (report.firstPongMs === undefined) report.firstPongMs = since();
          else report.largestPongGapMs = Math.max(report.largestPongGapMs, since() - lastPong);
          lastPong = since();
        } else {
          report.packets.push({ atMs: performance.now(), type: packet.type, data: packet.data });
        }
      };
      peer.oniceconnectionstatechange = () => {
        report.iceStates.push(peer.iceConnectionState);
        if (peer.iceConnectionState === 'connected') connectedAt ??= performance.now();
      };
      peer.ontrack = ({ track, streams }) => {
        report.streams.push({ kind: track.kind, ids: streams.map(({ id }) => id) });
        stream ??= streams[0];
      };
      const [track] = local?.getAudioTracks() ?? [];
      if (local !== undefined && track !== undefined) peer.addTrack(track, local);
      else peer.addTransceiver('audio', { direction: 'recvonly' });
      const picture = peer.addTransceiver('video', { direction: 'recvonly' });
      if (options.vp8Only) {
        const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
        picture.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === 'video/VP8'));
      }
      const offer = await peer.createOffer();
      await peer.setLocalDescription(offer);
      report.offer = offer.sdp ?? '';
      const asked = performance.now();
      const { server_sdp: answer } = await postJson('exchange/', { client_sdp: offer });
      report.exchangeMs = performance.now() - asked;
      report.answer = answer.sdp;
      await peer.setRemoteDescription(answer);
      const answered = performance.now();
      for (let poll = 0; stream === undefined || channel.readyState !== 'open'; poll += 1) {
        if (poll === POLLS) throw new Error('WebRTC connection timeout');
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      report.readinessMs = performance.now() - answered;
      send('change-size', { width: options.width, height: options.height });

      const video = document.createElement('video');
      video.autoplay = true;
      video.srcObject = stream;
      document.body.append(video);
      const onPicture = () => {
        report.pictures += 1;
        report.firstPictureMs ??= performance.now() - (connectedAt ?? performance.now());
        video.requestVideoFrameCallback(onPicture);
      };
      video.requestVideoFrameCallback(onPicture);
      const stopWatching = watchSound(stream, report.sounds);
      if (options.beats) {
        const beat = () => postJson('event/create/', { detail: '', event: 'SESSION_DURING' });
        beating = setInterval(() => void beat().then(() => beats.push(performance.now())), BEAT_MS);
      }

      /** The upload protocol, frame by frame; the channel stays open for `keepOpenMs` after the reference. */
      const upload = async (bytes: Uint8Array<ArrayBuffer>, chunkBytes: number, keepOpenMs = 0) => {
        const file = peer.createDataChannel('file', { protocol: 'file' });
        file.binaryType = 'arraybuffer';
        const frames: { type: string; length: number }[] = [];
        const next = (): Promise<string> =>
          new Promise((resolve, reject) => {
            file.onclose = () => reject(new Error('The server closed the file channel.'));
            file.onmessage = ({ data }) => {
              frames.push({ type: typeof data, length: data.length ?? data.byteLength });
              resolve(data);
            };
          });
        await next();
        for (let start = 0; start < bytes.length; start += chunkBytes) {
          file.send(bytes.subarray(start, start + chunkBytes));
        }
        const answered = next();
        file.send(new Uint8Array(0));
        const reference = await answered;
        await new Promise((resolve) => setTimeout(resolve, keepOpenMs));
        const open = file.readyState === 'open';
        file.onclose = null;
        file.close();
        return { reference, frames, open };
      };

      clients[name] = {
        report,
        send,
        upload,
        beats,
        video,
        iceState: () => peer.iceConnectionState,
        /** Answers nothing and asks nothing any more, but leaves the connection as it is. */
        fallSilent: () => clearInterval(pinging),
        /** Asks the model over REST and speaks each line, as the classic and later generations do. */
        async chat(message: string): Promise<string[]> {
          const response = await fetch(`${session}llm/v2/`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ messages: [{ role: 'user', content: message }], tools: [] }),
          });
          const said: string[] = [];
          for (const line of (await response.text()).trimEnd().split('\n')) {
            if (!line.startsWith('data: {')) throw new Error('Failed to parse SSE response');
            const event = JSON.parse(line.slice(6));
            if (event.type !== 'message') continue;
            said.push(event.content.trim());
            send('ttstf', { message: event.content.trim() });
          }
          return said;
        },
        stop(): void {
          clearInterval(pinging);
          clearInterval(beating);
          stopWatching();
          video.remove();
          channel.close();
          peer.close();
          for (const sent of local?.getTracks() ?? []) sent.stop();
        },
      };
    };
    Object.assign(window, { connectAs, clients });
  });
}

/** Creates a session from the page, as clients of every generation can, and connects it. Resolves with its id. */
export async function connectClient(
  page: Page,
  name: string,
  generation: Generation,
  server: { readonly url: string; readonly apiKey: string },
): Promise<string> {
  const sessionId = await page.evaluate(
    async ([url, key, bodyWithoutPrompt]) => {
      const headers = { 'PersoLive-APIKey': key, 'Content-Type': 'application/json' };
      const prompts = await (await fetch(`${url}/api/v1/prompt/`, { headers })).json();
      const body = bodyWithoutPrompt.replace('"prompt-id"', JSON.stringify(prompts[0].prompt_id));
      const response = await fetch(`${url}/api/v1/session/`, { method: 'POST', headers, body });
      if (response.status !== 201) throw new Error(`No session: ${await response.text()}`);
      const { session_id: id } = await response.json();
      return String(id);
    },
    [server.url, server.apiKey, JSON.stringify(generation.body('prompt-id'))] as const,
  );
  const { readsInfo, sendsKeyForIceServers, audio, vp8Only, beats } = generation;
  const options: ConnectOptions = {
    ...{ readsInfo, sendsKeyForIceServers, audio, vp8Only, beats, width: 480, height: 640, sessionId },
    apiServer: server.url,
    apiKey: server.apiKey,
  };
  await page.evaluate(
    async ([key, given]) => {
      // Set by installClient.
      const { connectAs } = window as unknown as {
        connectAs(name: string, options: ConnectOptions): Promise<void>;
      };
      await connectAs(key, given);
    },
    [name, options] as const,
  );
  return sessionId;
}

export async function readReport(page: Page, name: string): Promise<ConnectionReport> {
  return page.evaluate((key) => {
    // Set by installClient.
    const { clients } = window as unknown as { clients: Record<string, { report: ConnectionReport }> };
    const client = clients[key];
    if (client === undefined) throw new Error(`No client ${key} here.`);
    return client.report;
  }, name);
}

/** A WAV file of one pitch, 16-bit mono at 16 kHz. */
export function createWav(pitchHz: number, seconds: number): Buffer {
  const rateHz = 16_000;
  const samples = Math.round(seconds * rateHz);
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rateHz, 24);
  bytes.writeUInt32LE(rateHz * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples * 2, 40);
  for (let index = 0; index < samples; index += 1) {
    bytes.writeInt16LE(Math.round(9000 * Math.sin((2 * Math.PI * pitchHz * index) / rateHz)), 44 + index * 2);
  }
  return bytes;
}

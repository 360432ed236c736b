/** One media link to the server: a peer connection with its command channel, from the offer to its end. */

import { abortable, pause, type SignalOptions } from '../abort.ts';
import { PING_GRACE_MS, PING_INTERVAL_MS, READINESS_POLL_MS, READINESS_POLLS } from '../constants.ts';
import { ConnectionTimeoutError } from '../errors.ts';
import type { Generation } from '../generation.ts';
import type { Mark } from '../milestones.ts';
import { sendFile } from './file-transfer.ts';

/** How a link was lost. */
export type LossCause = 'connection-lost' | 'silence' | 'channel-closed';

/** A frame of the command channel, as far as it can be trusted: `data` is an object of unknown content. */
export interface CommandFrame {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LinkOptions extends SignalOptions {
  readonly iceServers: RTCIceServer[];
  /** Sent to the server; stays the property of the caller. */
  readonly localStream?: MediaStream | undefined;
  readonly exchange: (offer: RTCSessionDescriptionInit) => Promise<RTCSessionDescriptionInit>;
  readonly generation: Pick<Generation, 'pingSilenceLimitMs' | 'vp8Only'>;
  readonly createPeerConnection?: ((configuration: RTCConfiguration) => RTCPeerConnection) | undefined;
  readonly mark?: Mark | undefined;
}

/** Connects, and resolves when the picture's stream is known and commands can be sent. */
export async function openLink(options: LinkOptions): Promise<Link> {
  // sdpSemantics is no longer in the browsers' types; those that still know it need it.
  const configuration = { sdpSemantics: 'unified-plan', iceServers: options.iceServers } as RTCConfiguration;
  const create = options.createPeerConnection ?? ((given) => new RTCPeerConnection(given));
  const link = new Link(create(configuration), options);
  try {
    await abortable(link.open(), options.signal);
    return link;
  } catch (error) {
    link.close();
    throw error;
  }
}

/** An open link. Its owner sets the callbacks. */
export class Link {
  /** Called for each well-formed frame from the server. */
  onFrame: ((frame: CommandFrame) => void) | undefined;
  /** Called once, when the link was lost; not after {@link Link.close}. */
  onLost: ((cause: LossCause) => void) | undefined;
  /** Called when ICE has come back within its time of grace. */
  onSteady: (() => void) | undefined;
  /** Time ICE gets to come back after it has lost its path, in milliseconds. Default: 0. */
  graceMs: number;
  /** `false` while ICE is in its time of grace. */
  steady: boolean;
  remoteStream: MediaStream | undefined;

  private readonly peer: RTCPeerConnection;
  private readonly options: LinkOptions;
  private readonly channel: RTCDataChannel;
  private readonly fileChannels: Set<RTCDataChannel>;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private graceTimer: ReturnType<typeof setTimeout> | undefined;
  private lastPingMs: number;
  private ended: boolean;

  constructor(peer: RTCPeerConnection, options: LinkOptions) {
    this.peer = peer;
    this.options = options;
    this.graceMs = 0;
    this.steady = true;
    this.fileChannels = new Set();
    this.lastPingMs = performance.now() + PING_GRACE_MS;
    this.ended = false;
    this.channel = peer.createDataChannel('message', { protocol: 'message' });
    this.channel.onopen = () => {
      options.mark?.('channel-open');
      this.startPing();
    };
    this.channel.onmessage = ({ data }) => this.receive(data);
    this.channel.onclose = () => this.lose('channel-closed');
    peer.ontrack = ({ streams }) => {
      if (this.remoteStream !== undefined) return;
      this.remoteStream = streams[0];
      options.mark?.('stream');
    };
    peer.oniceconnectionstatechange = () => this.followIce(peer.iceConnectionState);
    // Encryption can fail on a path that ICE finds good.
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'failed') this.lose('connection-lost');
    };
  }

  async open(): Promise<void> {
    const { peer } = this;
    const { localStream, exchange, generation, mark } = this.options;
    const track = localStream?.getAudioTracks()[0];
    if (localStream !== undefined && track !== undefined) peer.addTrack(track, localStream);
    else peer.addTransceiver('audio', { direction: 'recvonly' });
    const video = peer.addTransceiver('video', { direction: 'recvonly' });
    if (generation.vp8Only) preferVp8(video);

    // Candidates are not waited for: the server sees the browser's address when it is called.
    const offer = await peer.createOffer();
    await peer.setLocalDescription(offer);
    mark?.('offer');
    const answer = await exchange(offer);
    mark?.('answer');
    await peer.setRemoteDescription(answer);
    await this.waitUntilReady();
  }

  /** Sends a command. `false` when the link has ended or the command is too large to send. */
  send(type: string, data: object): boolean {
    if (this.channel.readyState !== 'open') return false;
    try {
      this.channel.send(JSON.stringify({ type, data }));
      return true;
    } catch {
      return false;
    }
  }

  async sendFile(file: Blob, signal: AbortSignal | undefined): Promise<string> {
    let channel: RTCDataChannel | undefined;
    const createDataChannel = (label: string, init?: RTCDataChannelInit): RTCDataChannel => {
      channel = this.peer.createDataChannel(label, init);
      this.fileChannels.add(channel);
      return channel;
    };
    try {
      return await sendFile({ createDataChannel }, file, signal);
    } finally {
      if (channel !== undefined) this.fileChannels.delete(channel);
    }
  }

  /** Whether a picture has been decoded, as far as the browser tells. */
  async hasPicture(): Promise<boolean> {
    for (const receiver of this.peer.getReceivers()) {
      for (const entry of (await receiver.getStats()).values()) if (entry.framesDecoded > 0) return true;
    }
    return false;
  }

  get closed(): boolean {
    return this.ended;
  }

  /** Ends the link; nobody is told. Later calls do nothing. */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.pingTimer);
    clearTimeout(this.graceTimer);
    const { channel, peer } = this;
    channel.onopen = channel.onmessage = channel.onclose = null;
    peer.ontrack = peer.oniceconnectionstatechange = peer.onconnectionstatechange = null;
    channel.close();
    peer.close();
    // Not every browser tells the channels of a connection that was closed on this side.
    for (const fileChannel of this.fileChannels) fileChannel.onclose?.(new Event('close'));
  }

  private lose(cause: LossCause): void {
    if (this.ended) return;
    this.close();
    this.onLost?.(cause);
  }

  private followIce(state: RTCIceConnectionState): void {
    clearTimeout(this.graceTimer);
    if (state === 'failed' || (state === 'disconnected' && this.graceMs === 0)) {
      this.lose('connection-lost');
    } else if (state === 'disconnected') {
      this.steady = false;
      this.graceTimer = setTimeout(() => this.lose('connection-lost'), this.graceMs);
    } else if (!this.steady && state !== 'checking') {
      this.steady = true;
      this.onSteady?.();
    }
  }

  private async waitUntilReady(): Promise<void> {
    for (let poll = 1; poll < READINESS_POLLS; poll++) {
      if (this.ended) break;
      if (this.remoteStream !== undefined && this.channel.readyState === 'open') return;
      await pause(READINESS_POLL_MS, this.options.signal);
    }
    throw new ConnectionTimeoutError();
  }

  private startPing(): void {
    this.pingTimer = setInterval(() => {
      const silenceMs = performance.now() - this.lastPingMs;
      if (silenceMs > this.options.generation.pingSilenceLimitMs) this.lose('silence');
      else this.send('ping', {});
    }, PING_INTERVAL_MS);
  }

  private receive(message: unknown): void {
    const frame = parseFrame(message);
    if (frame === undefined) return;
    if (frame.type === 'ping') this.lastPingMs = Math.max(this.lastPingMs, performance.now());
    this.onFrame?.(frame);
  }
}

/** Reads a frame; `undefined` for anything but JSON text of the agreed shape. */
export function parseFrame(message: unknown): CommandFrame | undefined {
  if (typeof message !== 'string') return undefined;
  try {
    const frame: Partial<CommandFrame> | null = JSON.parse(message);
    if (typeof frame?.type !== 'string' || typeof frame.data !== 'object' || frame.data === null)
      return undefined;
    return { type: frame.type, data: frame.data };
  } catch {
    return undefined;
  }
}

function preferVp8(video: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities?.('video')?.codecs ?? [];
  const vp8 = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === 'video/vp8');
  if (vp8.length > 0) video.setCodecPreferences?.(vp8);
}

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
  readonly generation: Pick<Generation, 'pingSilenceLimitMs' | 'prepareVideo'>;
  readonly createPeerConnection?: ((configuration: RTCConfiguration) => RTCPeerConnection) | undefined;
  readonly mark?: Mark | undefined;
}

/** An open link. Its owner sets the callbacks. */
export interface Link {
  /** Called for each well-formed frame from the server. */
  onFrame?: (frame: CommandFrame) => void;
  /** Called once, when the link was lost; not after {@link Link.close}. */
  onLost?: (cause: LossCause) => void;
  /** Called when ICE has come back within its time of grace. */
  onSteady?: () => void;
  /** Time ICE gets to come back after it has lost its path, in milliseconds. Default: 0. */
  graceMs: number;
  /** `false` while ICE is in its time of grace. */
  steady: boolean;
  /** Whether the link has ended, here or there. */
  closed: boolean;
  remoteStream?: MediaStream | undefined;
  /** Sends a command. `false` when the link has ended or the command is too large to send. */
  send(type: string, data: object): boolean;
  sendFile(file: Blob, signal: AbortSignal | undefined): Promise<string>;
  /** Whether a picture has been decoded, as far as the browser tells. */
  hasPicture(): Promise<boolean>;
  /** Ends the link; nobody is told. Later calls do nothing. */
  close(): void;
}

/** Connects, and resolves when the picture's stream is known and commands can be sent. */
export async function openLink(options: LinkOptions): Promise<Link> {
  // sdpSemantics is no longer in the browsers' types; those that still know it need it.
  const configuration = { sdpSemantics: 'unified-plan', iceServers: options.iceServers } as RTCConfiguration;
  const create = options.createPeerConnection ?? ((given) => new RTCPeerConnection(given));
  const peer = create(configuration);
  const channel = peer.createDataChannel('message', { protocol: 'message' });
  const link = createLink(peer, channel, options);
  const connect = async (): Promise<void> => {
    await negotiate(peer, options);
    await waitUntilReady(link, channel, options.signal);
  };
  try {
    await abortable(connect(), options.signal);
    return link;
  } catch (error) {
    link.close();
    throw error;
  }
}

function createLink(
  peer: RTCPeerConnection,
  channel: RTCDataChannel,
  { generation, mark }: LinkOptions,
): Link {
  const fileChannels = new Set<RTCDataChannel>();
  let pingTimer: ReturnType<typeof setInterval> | undefined;
  let graceTimer: ReturnType<typeof setTimeout> | undefined;
  let lastPingMs = performance.now() + PING_GRACE_MS;

  const link: Link = {
    graceMs: 0,
    steady: true,
    closed: false,
    send(type, data) {
      if (channel.readyState !== 'open') return false;
      try {
        channel.send(JSON.stringify({ type, data }));
        return true;
      } catch {
        return false;
      }
    },
    sendFile: (file, signal) => sendFile(peer, file, signal, fileChannels),
    async hasPicture() {
      for (const receiver of peer.getReceivers()) {
        for (const entry of (await receiver.getStats()).values()) if (entry.framesDecoded > 0) return true;
      }
      return false;
    },
    close() {
      if (link.closed) return;
      link.closed = true;
      clearInterval(pingTimer);
      clearTimeout(graceTimer);
      channel.onopen = channel.onmessage = channel.onclose = null;
      peer.ontrack = peer.oniceconnectionstatechange = peer.onconnectionstatechange = null;
      channel.close();
      peer.close();
      // Not every browser tells the channels of a connection that was closed on this side.
      for (const fileChannel of fileChannels) fileChannel.onclose?.(new Event('close'));
    },
  };

  const lose = (cause: LossCause): void => {
    if (link.closed) return;
    link.close();
    link.onLost?.(cause);
  };
  const ping = (): void => {
    if (performance.now() - lastPingMs > generation.pingSilenceLimitMs) lose('silence');
    else link.send('ping', {});
  };

  channel.onopen = () => {
    mark?.('channel-open');
    pingTimer = setInterval(ping, PING_INTERVAL_MS);
  };
  channel.onmessage = ({ data }) => {
    const frame = parseFrame(data);
    if (frame === undefined) return;
    if (frame.type === 'ping') lastPingMs = Math.max(lastPingMs, performance.now());
    link.onFrame?.(frame);
  };
  channel.onclose = () => lose('channel-closed');
  peer.ontrack = ({ streams }) => {
    if (link.remoteStream !== undefined) return;
    link.remoteStream = streams[0];
    mark?.('stream');
  };
  peer.oniceconnectionstatechange = () => {
    const state = peer.iceConnectionState;
    clearTimeout(graceTimer);
    if (state === 'failed' || (state === 'disconnected' && link.graceMs === 0)) {
      lose('connection-lost');
    } else if (state === 'disconnected') {
      link.steady = false;
      graceTimer = setTimeout(() => lose('connection-lost'), link.graceMs);
    } else if (!link.steady && state !== 'checking') {
      link.steady = true;
      link.onSteady?.();
    }
  };
  // Encryption can fail on a path that ICE finds good.
  peer.onconnectionstatechange = () => {
    if (peer.connectionState === 'failed') lose('connection-lost');
  };
  return link;
}

async function negotiate(
  peer: RTCPeerConnection,
  { localStream, exchange, generation, mark }: LinkOptions,
): Promise<void> {
  const track = localStream?.getAudioTracks()[0];
  if (localStream !== undefined && track !== undefined) peer.addTrack(track, localStream);
  else peer.addTransceiver('audio', { direction: 'recvonly' });
  const video = peer.addTransceiver('video', { direction: 'recvonly' });
  generation.prepareVideo?.(video);

  // Candidates are not waited for: the server sees the browser's address when it is called.
  const offer = await peer.createOffer();
  await peer.setLocalDescription(offer);
  mark?.('offer');
  const answer = await exchange(offer);
  mark?.('answer');
  await peer.setRemoteDescription(answer);
}

async function waitUntilReady(
  link: Link,
  channel: RTCDataChannel,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let poll = 1; poll < READINESS_POLLS && !link.closed; poll++) {
    if (link.remoteStream !== undefined && channel.readyState === 'open') return;
    await pause(READINESS_POLL_MS, signal);
  }
  throw new ConnectionTimeoutError();
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

/** The media connection of a session: picture and sound of the AI human, and the command channel next to them. */

import {
  PING_GRACE_MS,
  PING_INTERVAL_MS,
  PING_SILENCE_LIMIT_MS,
  READINESS_POLL_MS,
  READINESS_POLLS,
} from '../constants.ts';
import { ConnectionTimeoutError } from '../errors.ts';
import { createListeners } from '../listeners.ts';
import { sendFile } from './file-transfer.ts';
import type { LocalAudio } from './local-audio.ts';

/** How a connection ended. `code` is 200 when the page closed it, 408 when it was lost. */
export interface ConnectionStatus {
  readonly live: false;
  readonly code: number;
  readonly reason: string;
}

/** A frame of the command channel, as far as it can be trusted: `data` is an object of unknown content. */
export interface CommandFrame {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ConnectionOptions {
  readonly iceServers: RTCIceServer[];
  readonly localAudio?: LocalAudio | undefined;
  readonly exchange: (offer: RTCSessionDescriptionInit) => Promise<RTCSessionDescriptionInit>;
  readonly createPeerConnection?: ((configuration: RTCConfiguration) => RTCPeerConnection) | undefined;
}

/** Connects, and resolves when the picture's stream is known and commands can be sent. */
export async function createConnection(options: ConnectionOptions): Promise<Connection> {
  // sdpSemantics is no longer in the browsers' types; those that still know it need it.
  const configuration = { sdpSemantics: 'unified-plan', iceServers: options.iceServers } as RTCConfiguration;
  const create = options.createPeerConnection ?? ((given) => new RTCPeerConnection(given));
  const connection = new Connection(create(configuration), options.localAudio);
  try {
    await connection.open(options.exchange);
    return connection;
  } catch (error) {
    connection.abandon();
    throw error;
  }
}

/** The open connection of a session. Not part of the documented interface beyond its existence. */
export class Connection {
  private readonly peer: RTCPeerConnection;
  private readonly localAudio: LocalAudio | undefined;
  private readonly channel: RTCDataChannel;
  private readonly frames = createListeners<CommandFrame>();
  private readonly statuses = createListeners<ConnectionStatus>();
  private remoteStream: MediaStream | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private lastPingMs: number;
  private closed: boolean;

  constructor(peer: RTCPeerConnection, localAudio: LocalAudio | undefined) {
    this.peer = peer;
    this.localAudio = localAudio;
    this.lastPingMs = performance.now() + PING_GRACE_MS;
    this.closed = false;
    this.channel = peer.createDataChannel('message', { protocol: 'message' });
    this.channel.onopen = () => this.startPing();
    this.channel.onmessage = ({ data }) => this.receive(data);
    this.channel.onclose = () => this.lose();
    peer.ontrack = ({ streams }) => {
      this.remoteStream ??= streams[0];
    };
    peer.oniceconnectionstatechange = () => {
      const state = peer.iceConnectionState;
      if (state === 'disconnected' || state === 'failed') this.lose();
    };
    // Encryption can fail on a path that ICE finds good.
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'failed') this.lose();
    };
  }

  async open(exchange: ConnectionOptions['exchange']): Promise<void> {
    const { peer, localAudio } = this;
    const track = localAudio?.stream.getAudioTracks()[0];
    if (localAudio !== undefined && track !== undefined) peer.addTrack(track, localAudio.stream);
    else peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.addTransceiver('video', { direction: 'recvonly' });

    // Candidates are not waited for: the server sees the browser's address when it is called.
    const offer = await peer.createOffer();
    await peer.setLocalDescription(offer);
    await peer.setRemoteDescription(await exchange(offer));
    await this.waitUntilReady();
  }

  /** Calls back for each well-formed frame from the server. */
  onFrame(callback: (frame: CommandFrame) => void): () => void {
    return this.frames.add(callback);
  }

  /** Calls back once, when the connection has ended. */
  onStatus(callback: (status: ConnectionStatus) => void): () => void {
    return this.statuses.add(callback);
  }

  getRemoteStream(): MediaStream | undefined {
    return this.remoteStream;
  }

  getLocalStream(): MediaStream | null {
    return this.localAudio?.stream ?? null;
  }

  /** Sends a command. `false` when the connection has ended or the command is too large to send. */
  send(type: string, data: object): boolean {
    if (this.channel.readyState !== 'open') return false;
    try {
      this.channel.send(JSON.stringify({ type, data }));
      return true;
    } catch {
      return false;
    }
  }

  sendFile(file: Blob): Promise<string> {
    return sendFile(this.peer, file);
  }

  /** Ends the connection on behalf of the page. Later calls do nothing. */
  close(): void {
    this.end({ live: false, code: 200, reason: 'OK' });
  }

  /** Gives up a connection that never came about: nobody is told. */
  abandon(): void {
    this.end(undefined);
  }

  private lose(): void {
    this.end({ live: false, code: 408, reason: 'Request Timeout' });
  }

  private end(status: ConnectionStatus | undefined): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.pingTimer);
    const { channel, peer } = this;
    channel.onopen = channel.onmessage = channel.onclose = null;
    peer.ontrack = peer.oniceconnectionstatechange = peer.onconnectionstatechange = null;
    channel.close();
    peer.close();
    this.localAudio?.release(true);
    if (status !== undefined) this.statuses.emit(status);
  }

  private async waitUntilReady(): Promise<void> {
    for (let poll = 1; poll < READINESS_POLLS; poll++) {
      if (this.closed) break;
      if (this.remoteStream !== undefined && this.channel.readyState === 'open') return;
      await new Promise((resolve) => setTimeout(resolve, READINESS_POLL_MS));
    }
    throw new ConnectionTimeoutError();
  }

  private startPing(): void {
    this.pingTimer = setInterval(() => {
      if (performance.now() - this.lastPingMs > PING_SILENCE_LIMIT_MS) this.lose();
      else this.send('ping', {});
    }, PING_INTERVAL_MS);
  }

  private receive(message: unknown): void {
    const frame = parseFrame(message);
    if (frame === undefined) return;
    if (frame.type === 'ping') this.lastPingMs = Math.max(this.lastPingMs, performance.now());
    this.frames.emit(frame);
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

/** The part of `@roamhq/wrtc` that is used here, typed without the DOM library. Loading it starts native threads. */
import { createRequire } from 'node:module';

export interface WrtcTrack {
  readonly kind?: string;
  stop(): void;
}

export interface WrtcAudioBlock {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly channelCount?: number;
}

export interface WrtcAudioSink {
  ondata: ((block: WrtcAudioBlock) => void) | null;
  stop(): void;
}

export interface WrtcDataChannel {
  readonly label: string;
  readonly readyState: 'connecting' | 'open' | 'closing' | 'closed';
  readonly bufferedAmount: number;
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  send(data: string): void;
  close(): void;
}

export interface WrtcPeerConnection {
  readonly connectionState: 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';
  readonly iceGatheringState: 'new' | 'gathering' | 'complete';
  readonly localDescription: { readonly type: string; readonly sdp: string } | null;
  onconnectionstatechange: (() => void) | null;
  onicegatheringstatechange: (() => void) | null;
  ontrack: ((event: { readonly track: WrtcTrack }) => void) | null;
  ondatachannel: ((event: { readonly channel: WrtcDataChannel }) => void) | null;
  addTrack(track: WrtcTrack, ...streams: unknown[]): unknown;
  setRemoteDescription(description: { type: 'offer' | 'answer'; sdp: string }): Promise<void>;
  setLocalDescription(description: unknown): Promise<void>;
  createAnswer(): Promise<{ type: string; sdp: string }>;
  close(): void;
}

export interface WrtcVideoSource {
  createTrack(): WrtcTrack;
  onFrame(frame: { width: number; height: number; data: Uint8Array }): void;
}

export interface WrtcAudioSource {
  createTrack(): WrtcTrack;
  onData(block: {
    samples: Int16Array;
    sampleRate: number;
    bitsPerSample: number;
    channelCount: number;
    numberOfFrames: number;
  }): void;
}

export interface Wrtc {
  readonly RTCPeerConnection: new (configuration: {
    iceServers: unknown[];
    portRange?: { min: number; max: number };
  }) => WrtcPeerConnection;
  readonly MediaStream: new () => unknown;
  readonly nonstandard: {
    readonly RTCVideoSource: new () => WrtcVideoSource;
    readonly RTCAudioSource: new () => WrtcAudioSource;
    readonly RTCAudioSink: new (track: WrtcTrack) => WrtcAudioSink;
  };
}

/** @throws when the native module has no build for this machine. */
export function loadWrtc(): Wrtc {
  const require = createRequire(import.meta.url);
  // The module's own types need the DOM library; this is the used subset of its API.
  return require('@roamhq/wrtc') as Wrtc;
}

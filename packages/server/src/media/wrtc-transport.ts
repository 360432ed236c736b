/** WebRTC through `@roamhq/wrtc` (libwebrtc): it encodes, paces, retransmits and estimates the bandwidth itself. */
import { FILE_CHANNEL_LABEL, MESSAGE_CHANNEL_LABEL } from '@visavox/contract';
import { createFileReceiver } from './file-receiver.ts';
import { prepareAnswer, prepareOffer } from './sdp.ts';
import {
  type I420Frame,
  type LinkEnd,
  type LinkHandlers,
  type MediaLink,
  type MediaTransport,
  OfferError,
} from './transport.ts';
import { createUplinkRecorder } from './uplink-recorder.ts';
import { loadWrtc, type WrtcDataChannel, type WrtcPeerConnection } from './wrtc-module.ts';

const GATHERING_TIMEOUT_MS = 2000;
/** A disconnected peer may come back; after this it counts as lost. */
const DISCONNECTED_GRACE_MS = 10_000;
/** Text that waits in the command channel beyond this is refused: the client is not reading. */
const MAX_BUFFERED_BYTES = 256 * 1024;
const MAX_TEXT_FRAME_CHARACTERS = 64 * 1024;
const MAX_FILE_BYTES = 20 * 1024 * 1024;
const MAX_OPEN_FILE_CHANNELS = 8;
/**
 * A "ready" that overtakes the client's own change to open makes published clients fail when they send. Nothing tells us
 * of that change; on a busy machine 20 ms were once too few.
 */
const FILE_READY_DELAY_MS = 100;

export interface WrtcTransportOptions {
  readonly mediaAddress?: string | undefined;
  readonly ports?: { readonly first: number; readonly last: number } | undefined;
}

export function createWrtcTransport(options: WrtcTransportOptions): MediaTransport {
  const wrtc = loadWrtc();
  const links = new Set<MediaLink>();

  return {
    name: 'wrtc',
    async accept(offerSdp, handlers, { signal }) {
      signal.throwIfAborted();
      const sdp = prepareOffer(offerSdp, { startKbps: 1500, minKbps: 150, maxKbps: 2800 });
      const peer = new wrtc.RTCPeerConnection({
        iceServers: [],
        ...(options.ports === undefined
          ? {}
          : { portRange: { min: options.ports.first, max: options.ports.last } }),
      });
      const video = new wrtc.nonstandard.RTCVideoSource();
      const audio = new wrtc.nonstandard.RTCAudioSource();
      const tracks = [audio.createTrack(), video.createTrack()];
      const channels = watchPeer(peer, handlers, () => link.close());
      const recorder = createUplinkRecorder((track) => new wrtc.nonstandard.RTCAudioSink(track));
      peer.ontrack = ({ track }) => {
        if (track.kind === 'audio') recorder.setTrack(track);
      };
      const link: MediaLink = {
        pushAudio(samples) {
          if (channels.closed()) return;
          audio.onData({
            samples,
            sampleRate: 48_000,
            bitsPerSample: 16,
            channelCount: 1,
            numberOfFrames: samples.length,
          });
        },
        showIdle(loop, frameIndex) {
          this.showLive(loop.frame(frameIndex % loop.frameCount));
        },
        showLive(frame: I420Frame) {
          if (channels.closed()) return;
          video.onFrame({ width: frame.widthPx, height: frame.heightPx, data: frame.data });
        },
        startRecording: () => recorder.start(),
        stopRecording: () => recorder.stop(),
        send: (text) => channels.send(text),
        close() {
          if (!links.delete(link)) return;
          channels.close();
          recorder.close();
          peer.ontrack = null;
          for (const track of tracks) track.stop();
          peer.close();
        },
      };
      links.add(link);
      try {
        await setOffer(peer, sdp);
        // One stream for both tracks: clients show the stream of the first track only.
        const stream = new wrtc.MediaStream();
        for (const track of tracks) peer.addTrack(track, stream);
        await peer.setLocalDescription(await peer.createAnswer());
        await gatheringComplete(peer, AbortSignal.any([signal, AbortSignal.timeout(GATHERING_TIMEOUT_MS)]));
        const answer = peer.localDescription?.sdp;
        if (answer === undefined) throw new Error('The peer connection holds no answer after negotiation.');
        return { answerSdp: prepareAnswer(answer, options), link };
      } catch (error) {
        link.close();
        throw error;
      }
    },
    close() {
      for (const link of [...links]) link.close();
    },
  };
}

/** Sending looks at the state itself; each look waits for another thread. */
function trySend(channel: WrtcDataChannel, text: string): boolean {
  try {
    channel.send(text);
    return true;
  } catch {
    return false;
  }
}

async function setOffer(peer: WrtcPeerConnection, sdp: string): Promise<void> {
  try {
    await peer.setRemoteDescription({ type: 'offer', sdp });
  } catch (cause) {
    throw new OfferError(
      'The offer could not be applied: its session description is malformed or holds no usable codec.',
      {
        cause,
      },
    );
  }
}

async function gatheringComplete(peer: WrtcPeerConnection, signal: AbortSignal): Promise<void> {
  if (peer.iceGatheringState === 'complete') return;
  await new Promise<void>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    peer.onicegatheringstatechange = () => {
      if (peer.iceGatheringState !== 'complete') return;
      signal.removeEventListener('abort', abort);
      resolve();
    };
  }).finally(() => {
    peer.onicegatheringstatechange = null;
  });
}

interface PeerChannels {
  send(text: string): boolean;
  closed(): boolean;
  /** Takes every handler off and silences the events; the peer itself is closed by the caller. */
  close(): void;
}

function watchPeer(peer: WrtcPeerConnection, handlers: LinkHandlers, closeLink: () => void): PeerChannels {
  let message: WrtcDataChannel | undefined;
  const files = new Set<{ readonly channel: WrtcDataChannel; abandon(): void }>();
  let opened = false;
  let ended = false;
  let grace: NodeJS.Timeout | undefined;

  const end = (reason: LinkEnd): void => {
    if (ended) return;
    closeLink();
    handlers.onClosed(reason);
  };

  /** An exception in an event handler would end the whole process; it ends this link only. */
  const guard = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      handlers.onError(error);
      end('failed');
    }
  };

  const takeMessageChannel = (channel: WrtcDataChannel): void => {
    message = channel;
    const open = () => {
      if (opened || ended) return;
      opened = true;
      handlers.onOpen();
    };
    channel.onopen = open;
    channel.onclose = () => end('left');
    channel.onmessage = ({ data }) => {
      if (ended || typeof data !== 'string' || data.length > MAX_TEXT_FRAME_CHARACTERS) return;
      guard(() => handlers.onText(data));
    };
    if (channel.readyState === 'open') open();
  };

  const takeFileChannel = (channel: WrtcDataChannel): void => {
    if (files.size >= MAX_OPEN_FILE_CHANNELS) {
      channel.close();
      return;
    }
    channel.binaryType = 'arraybuffer';
    const receiver = createFileReceiver({
      maxBytes: MAX_FILE_BYTES,
      onFile: handlers.onFile,
      channel: {
        sendText: (text) => {
          trySend(channel, text);
        },
        close: () => channel.close(),
      },
    });
    const file = { channel, abandon: () => receiver.abandon() };
    files.add(file);
    channel.onmessage = ({ data }) => guard(() => receiver.receive(data));
    channel.onclose = () => {
      receiver.abandon();
      files.delete(file);
    };
    const start = () => setTimeout(() => guard(() => receiver.start()), FILE_READY_DELAY_MS);
    if (channel.readyState === 'open') start();
    else channel.onopen = start;
  };

  peer.ondatachannel = ({ channel }) => {
    if (ended) return;
    if (channel.label === MESSAGE_CHANNEL_LABEL && message === undefined) takeMessageChannel(channel);
    else if (channel.label === FILE_CHANNEL_LABEL) takeFileChannel(channel);
    else channel.close();
  };
  peer.onconnectionstatechange = () => {
    clearTimeout(grace);
    if (ended) return;
    if (peer.connectionState === 'failed') end('lost');
    else if (peer.connectionState === 'closed') end('left');
    else if (peer.connectionState === 'disconnected') {
      grace = setTimeout(() => end('lost'), DISCONNECTED_GRACE_MS);
    }
  };

  return {
    send(text) {
      if (ended || message === undefined || message.bufferedAmount > MAX_BUFFERED_BYTES) return false;
      return trySend(message, text);
    },
    closed: () => ended,
    close() {
      ended = true;
      clearTimeout(grace);
      peer.onconnectionstatechange = null;
      peer.ondatachannel = null;
      for (const channel of [message, ...[...files].map((file) => file.channel)]) {
        if (channel === undefined) continue;
        channel.onopen = null;
        channel.onclose = null;
        channel.onmessage = null;
      }
      for (const file of files) file.abandon();
      files.clear();
      message = undefined;
    },
  };
}

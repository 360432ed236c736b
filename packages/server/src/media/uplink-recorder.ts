/** Keeps the sound that a client sends while a recording runs. Nothing is decoded or kept at other times. */
import type { Recording } from './transport.ts';
import type { WrtcAudioBlock, WrtcAudioSink, WrtcTrack } from './wrtc-module.ts';

const MAX_SECONDS = 120;

export interface UplinkRecorder {
  /** The client's sound; a later track replaces an earlier one. */
  setTrack(track: WrtcTrack): void;
  start(): void;
  stop(): Recording | undefined;
  /** Idempotent. */
  close(): void;
}

export function createUplinkRecorder(createSink: (track: WrtcTrack) => WrtcAudioSink): UplinkRecorder {
  let track: WrtcTrack | undefined;
  let sink: WrtcAudioSink | undefined;
  let blocks: Int16Array[] = [];
  let length = 0;
  let sampleRateHz = 0;

  const keep = (block: WrtcAudioBlock): void => {
    const samples = toMono(block);
    // The decoder keeps one rate; blocks of another, at its start, are few.
    if (block.sampleRate !== sampleRateHz) {
      blocks = [];
      length = 0;
      sampleRateHz = block.sampleRate;
    }
    if (length + samples.length > MAX_SECONDS * sampleRateHz) return;
    blocks.push(samples);
    length += samples.length;
  };
  const detach = (): void => {
    if (sink === undefined) return;
    sink.ondata = null;
    sink.stop();
    sink = undefined;
  };

  return {
    setTrack(next) {
      track = next;
    },
    start() {
      detach();
      blocks = [];
      length = 0;
      if (track === undefined) return;
      sink = createSink(track);
      sink.ondata = keep;
    },
    stop() {
      if (sink === undefined) return undefined;
      detach();
      const samples = new Int16Array(length);
      let offset = 0;
      for (const block of blocks) {
        samples.set(block, offset);
        offset += block.length;
      }
      blocks = [];
      length = 0;
      return sampleRateHz === 0 ? undefined : { samples, sampleRateHz };
    },
    close() {
      detach();
      blocks = [];
      track = undefined;
    },
  };
}

/** A copy: the block belongs to the native side. */
function toMono({ samples, channelCount = 1 }: WrtcAudioBlock): Int16Array {
  if (channelCount === 1) return samples.slice();
  const mono = new Int16Array(Math.floor(samples.length / channelCount));
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channelCount; channel++)
      sum += samples[frame * channelCount + channel] ?? 0;
    mono[frame] = Math.round(sum / channelCount);
  }
  return mono;
}

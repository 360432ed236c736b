/** Recording the microphone into a WAV file. */

import { resample } from './resample.ts';
import { encodeWav } from './wav.ts';

/** Options of {@link WavRecorder}. */
export interface WavRecorderOptions {
  /** Number of channels asked of the microphone; the first is recorded. Default: 1. */
  channels?: number | undefined;
  /** Sample rate of the file, in hertz. Default: that of the audio device, without resampling. */
  targetSampleRate?: number | undefined;
}

/** How long the audio thread may take to hand over the last samples. */
const FLUSH_LIMIT_MS = 1_000;

/** Runs in the audio thread: collects the first channel, and hands over what is left when told to stop. */
const WORKLET_SOURCE = `registerProcessor('wav-recorder',class extends AudioWorkletProcessor{
constructor(){super();this.b=new Float32Array(4096);this.n=0;this.on=true;this.port.onmessage=()=>{this.on=false;this.flush();this.port.postMessage(null)}}
flush(){if(this.n)this.port.postMessage(this.b.slice(0,this.n));this.n=0}
process(inputs){const c=inputs[0][0];if(this.on&&c){if(this.n+c.length>4096)this.flush();this.b.set(c,this.n);this.n+=c.length}return this.on}})`;

interface Recording {
  readonly stream: MediaStream;
  readonly context: AudioContext;
  readonly node: AudioWorkletNode;
  readonly chunks: Float32Array[];
}

/**
 * Records the microphone as WAV (16-bit samples, one channel). Needs a page that may use the microphone and whose
 * content security policy, if any, allows `data:` scripts.
 *
 * Browsers: Chrome 66, Edge 79, Firefox 76, Safari 14.1, iOS 14.5 and later.
 *
 * @example
 * ```ts source="./wav-recorder.examples.ts#record"
 * const recorder = new WavRecorder({ targetSampleRate: 16_000 });
 * await recorder.start();
 * await userIsDone;
 * const file = await recorder.stop();
 * const text = await session.transcribeAudio(file, 'en');
 * ```
 */
export class WavRecorder {
  private readonly channels: number;
  private readonly targetSampleRate: number | undefined;
  private starting: boolean;
  private recording: Recording | undefined;

  constructor({ channels = 1, targetSampleRate }: WavRecorderOptions = {}) {
    this.channels = channels;
    this.targetSampleRate = targetSampleRate;
    this.starting = false;
    this.recording = undefined;
  }

  /**
   * Asks for the microphone and starts recording.
   *
   * @throws {Error} "WavRecorder is already recording".
   * @throws {DOMException} when the user refuses the microphone or there is none.
   */
  async start(): Promise<void> {
    if (this.starting || this.recording !== undefined) throw new Error('WavRecorder is already recording');
    this.starting = true;
    try {
      this.recording = await openRecording(this.channels);
    } finally {
      this.starting = false;
    }
  }

  /**
   * Stops recording, releases the microphone and returns the file `recording.wav` of type `audio/wav`.
   *
   * @throws {Error} "WavRecorder is not recording".
   */
  async stop(): Promise<File> {
    const { recording, targetSampleRate } = this;
    if (recording === undefined) throw new Error('WavRecorder is not recording');
    this.recording = undefined;
    const sampleRateHz = recording.context.sampleRate;
    try {
      await flush(recording);
    } finally {
      release(recording.stream, recording.context);
    }
    const pcm = { samples: concatenate(recording.chunks), sampleRateHz };
    const wav = encodeWav(targetSampleRate === undefined ? pcm : resample(pcm, targetSampleRate));
    return new File([wav], 'recording.wav', { type: 'audio/wav' });
  }

  /** Whether a recording is under way. */
  isRecording(): boolean {
    return this.recording !== undefined;
  }
}

/** Creates a {@link WavRecorder}. */
export function createWavRecorder(options?: WavRecorderOptions): WavRecorder {
  return new WavRecorder(options);
}

async function openRecording(channels: number): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: channels } });
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(WORKLET_SOURCE)}`);
    // Not waited for: a browser that wants a click first would let start() hang.
    context.resume().catch(() => undefined);
    const node = new AudioWorkletNode(context, 'wav-recorder', { numberOfOutputs: 1 });
    const chunks: Float32Array[] = [];
    node.port.onmessage = ({ data }: MessageEvent<Float32Array | null>) => {
      if (data !== null) chunks.push(data);
    };
    context.createMediaStreamSource(stream).connect(node);
    // The node writes nothing, so nothing is heard; browsers run only what leads to the speakers.
    node.connect(context.destination);
    return { stream, context, node, chunks };
  } catch (error) {
    release(stream, context);
    throw error;
  }
}

/** Waits until the audio thread has handed over everything. */
async function flush({ node, chunks }: Recording): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_LIMIT_MS);
    node.port.onmessage = ({ data }: MessageEvent<Float32Array | null>) => {
      if (data === null) resolve();
      else chunks.push(data);
    };
    node.port.postMessage(null);
  });
  clearTimeout(timer);
  node.port.onmessage = null;
  node.disconnect();
}

function release(stream: MediaStream, context: AudioContext): void {
  for (const track of stream.getTracks()) track.stop();
  context.close().catch(() => undefined);
}

function concatenate(chunks: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Recording the microphone into a WAV file. */

import { pause } from '../abort.ts';
import { changeSampleRate } from './convert.ts';
import { encodeWav, type Pcm } from './wav.ts';

/** Options of {@link WavRecorder}. */
export interface WavRecorderOptions {
  /** Number of channels asked of the microphone; the first is recorded. Default: 1. */
  channels?: number | undefined;
  /** Sample rate of the file, in hertz. Default: that of the audio device, without resampling. */
  targetSampleRate?: number | undefined;
}

/** How long the audio thread may take to hand over the last samples. */
const FLUSH_LIMIT_MS = 1_000;

/**
 * Runs in the audio thread: hands over the first channel piece by piece, and `null` when told to stop. It stands in a URL
 * as it is, so it holds neither `#` nor `%`; line breaks are taken out.
 */
const WORKLET_SOURCE = `registerProcessor('wav-recorder',class extends AudioWorkletProcessor{
constructor(){super();this.port.onmessage=()=>this.port.postMessage(this.end=null)}
process([[samples]]){if(samples)this.port.postMessage(samples);return this.end!==null}})`;

/** Ends a recording, releases what it held, and resolves with the sound. */
type FinishRecording = () => Promise<Pcm>;

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
  private recording: FinishRecording | undefined;

  constructor({ channels = 1, targetSampleRate }: WavRecorderOptions = {}) {
    this.channels = channels;
    this.targetSampleRate = targetSampleRate;
    this.starting = false;
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
    const pcm = await recording();
    const wav = encodeWav(
      targetSampleRate === undefined ? pcm : await changeSampleRate(pcm, targetSampleRate),
    );
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

async function openRecording(channels: number): Promise<FinishRecording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: channels } });
  const context = new AudioContext();
  const release = (): void => {
    for (const track of stream.getTracks()) track.stop();
    context.close().catch(() => undefined);
  };
  try {
    await context.audioWorklet.addModule(`data:text/javascript,${WORKLET_SOURCE}`);
    // Not waited for: a browser that wants a click first would let start() hang.
    context.resume().catch(() => undefined);
    const node = new AudioWorkletNode(context, 'wav-recorder');
    const pieces: Array<Float32Array<ArrayBuffer>> = [];
    const handedOver = new Promise<void>((resolve) => {
      node.port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer> | null>) => {
        if (data === null) resolve();
        else pieces.push(data);
      };
    });
    context.createMediaStreamSource(stream).connect(node);
    // The node writes nothing, so nothing is heard; browsers run only what leads to the speakers.
    node.connect(context.destination);
    return async () => {
      node.port.postMessage(null);
      await Promise.race([handedOver, pause(FLUSH_LIMIT_MS)]);
      release();
      const samples = new Float32Array(await new Blob(pieces).arrayBuffer());
      return { samples, sampleRateHz: context.sampleRate };
    };
  } catch (error) {
    release();
    throw error;
  }
}

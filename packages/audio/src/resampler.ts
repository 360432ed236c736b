/**
 * Sample rate conversion in pieces: a Kaiser-windowed sinc, as a table of phases. State is carried from chunk to
 * chunk, so cutting the input anywhere gives bit for bit the same output.
 */
import type { PcmClip } from './pcm.ts';

/** Converts one stream of samples. Not to be shared by two streams. */
export interface Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  /** Takes the next samples and returns those output samples that are ready (it holds back about 2 ms). */
  process(samples: Int16Array): Int16Array<ArrayBuffer>;
  /**
   * Ends the stream and returns the rest. All outputs together then have exactly
   * `Math.round(inputSamples * toHz / fromHz)` samples. The resampler is ready for a new stream afterwards.
   */
  flush(): Int16Array<ArrayBuffer>;
}

/** Zero crossings of the sinc on each side; with KAISER_BETA the stop band lies about 70 dB down. */
const ZERO_CROSSINGS = 24;
const KAISER_BETA = 7;
/** Middle of the transition band as a part of the lower Nyquist frequency: 84 % still passes, 102 % does not. */
const CUTOFF = 0.93;
/** Rates with a large common multiple round the phase to this grid (error below -60 dB). */
const MAX_PHASES = 2048;

interface PhaseTable {
  readonly phases: number;
  readonly taps: number;
  readonly coefficients: Float32Array;
}

/**
 * Creates a converter between two rates of 1 000 – 400 000 Hz.
 * @throws {RangeError} when a rate lies outside of that.
 * @example
 * const resampler = createResampler({ fromHz: 48_000, toHz: 16_000 });
 * const first = resampler.process(chunk);
 */
export function createResampler(options: { readonly fromHz: number; readonly toHz: number }): Resampler {
  const { fromHz, toHz } = options;
  for (const rate of [fromHz, toHz]) {
    if (!Number.isInteger(rate) || rate < 1000 || rate > 400_000) {
      throw new RangeError(`expected a whole sample rate of 1000 to 400000 Hz, got ${rate}`);
    }
  }
  if (fromHz === toHz) return createPassThrough(fromHz);
  const divisor = greatestCommonDivisor(fromHz, toHz);
  return new SincResampler(fromHz, toHz, toHz / divisor, fromHz / divisor);
}

/** Converts a whole clip; the result has `Math.round(length * toHz / fromHz)` samples. */
export function resampleClip(clip: PcmClip, toHz: number): PcmClip {
  if (clip.sampleRateHz === toHz) return clip;
  const resampler = createResampler({ fromHz: clip.sampleRateHz, toHz });
  const head = resampler.process(clip.samples);
  const tail = resampler.flush();
  return { samples: concatSamples([head, tail]), sampleRateHz: toHz };
}

/** Joins pieces into one array that owns its memory. */
export function concatSamples(pieces: readonly Int16Array[]): Int16Array<ArrayBuffer> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const joined = new Int16Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

class SincResampler implements Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  /** Output step in units of 1/up input samples. */
  readonly #up: number;
  readonly #down: number;
  readonly #table: PhaseTable;
  /** Input samples not yet done with; starts with half a filter of silence. */
  #history: Float32Array;
  #historyLength: number;
  /** Whole input position of the next output inside `#history`, and the fraction in 1/up. */
  #position = 0;
  #fraction = 0;
  #consumed = 0;
  #produced = 0;

  constructor(fromHz: number, toHz: number, up: number, down: number) {
    this.fromHz = fromHz;
    this.toHz = toHz;
    this.#up = up;
    this.#down = down;
    this.#table = buildTable(Math.min(up, MAX_PHASES), Math.min(1, toHz / fromHz) * CUTOFF);
    this.#history = new Float32Array(this.#table.taps * 4);
    this.#historyLength = this.#table.taps / 2 - 1;
  }

  process(samples: Int16Array): Int16Array<ArrayBuffer> {
    this.#consumed += samples.length;
    return this.#run(samples, Number.POSITIVE_INFINITY);
  }

  flush(): Int16Array<ArrayBuffer> {
    const total = Math.round((this.#consumed * this.toHz) / this.fromHz);
    const rest = this.#run(new Int16Array(this.#table.taps), total - this.#produced);
    this.#history.fill(0);
    this.#historyLength = this.#table.taps / 2 - 1;
    this.#position = 0;
    this.#fraction = 0;
    this.#consumed = 0;
    this.#produced = 0;
    return rest;
  }

  #run(samples: Int16Array, limit: number): Int16Array<ArrayBuffer> {
    this.#append(samples);
    const { taps, phases, coefficients } = this.#table;
    const history = this.#history;
    const last = this.#historyLength - taps;
    const ready = Math.max(
      0,
      Math.floor(((last + 1 - this.#position) * this.#up - this.#fraction - 1) / this.#down) + 1,
    );
    const count = Math.min(ready, limit);
    const output = new Int16Array(count);
    let position = this.#position;
    let fraction = this.#fraction;
    for (let i = 0; i < count; i++) {
      const phase = phases === this.#up ? fraction : Math.round((fraction * phases) / this.#up);
      const row = phase * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        sum += (history[position + tap] ?? 0) * (coefficients[row + tap] ?? 0);
      }
      output[i] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
      fraction += this.#down;
      const whole = Math.floor(fraction / this.#up);
      position += whole;
      fraction -= whole * this.#up;
    }
    this.#produced += count;
    const drop = Math.min(position, this.#historyLength);
    history.copyWithin(0, drop, this.#historyLength);
    this.#historyLength -= drop;
    this.#position = position - drop;
    this.#fraction = fraction;
    return output;
  }

  #append(samples: Int16Array): void {
    const needed = this.#historyLength + samples.length;
    if (needed > this.#history.length) {
      const larger = new Float32Array(needed + this.#table.taps);
      larger.set(this.#history.subarray(0, this.#historyLength));
      this.#history = larger;
    }
    this.#history.set(samples, this.#historyLength);
    this.#historyLength = needed;
  }
}

/** One row of taps per phase (and one more, so that rounding up to a whole sample finds a row). */
function buildTable(phases: number, cutoff: number): PhaseTable {
  const half = Math.ceil(ZERO_CROSSINGS / cutoff);
  const taps = half * 2;
  const coefficients = new Float32Array((phases + 1) * taps);
  const windowScale = 1 / bessel(KAISER_BETA);
  for (let phase = 0; phase <= phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const x = tap - (half - 1) - phase / phases;
      const edge = x / half;
      const window = Math.abs(edge) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - edge * edge)) * windowScale;
      const value = sinc(x * cutoff) * window;
      coefficients[phase * taps + tap] = value;
      sum += value;
    }
    // Each phase passes a constant unchanged, so silence and offsets get no ripple.
    for (let tap = 0; tap < taps; tap++) {
      const at = phase * taps + tap;
      coefficients[at] = (coefficients[at] ?? 0) / sum;
    }
  }
  return { phases, taps, coefficients };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function createPassThrough(rateHz: number): Resampler {
  return {
    fromHz: rateHz,
    toHz: rateHz,
    process: (samples) => new Int16Array(samples),
    flush: () => new Int16Array(0),
  };
}

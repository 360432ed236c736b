/** Cuts a stream of samples into blocks of one size, as codecs and detectors want them. */

export interface Framer {
  readonly frameSamples: number;
  /** Takes the next samples and returns the full frames they complete, each in memory of its own. */
  push(samples: Int16Array): readonly Int16Array<ArrayBuffer>[];
  /** Returns what is left, filled up with silence to a full frame; `undefined` when nothing is left. */
  flush(): Int16Array<ArrayBuffer> | undefined;
}

/**
 * Creates a framer for blocks of `frameSamples` samples (a whole number, 1 or more).
 * @throws {RangeError} when it is not.
 */
export function createFramer(frameSamples: number): Framer {
  if (!Number.isInteger(frameSamples) || frameSamples < 1) {
    throw new RangeError(`expected a whole number of samples per frame, got ${frameSamples}`);
  }
  let current = new Int16Array(frameSamples);
  let filled = 0;
  return {
    frameSamples,
    push(samples) {
      const frames: Int16Array<ArrayBuffer>[] = [];
      let at = 0;
      while (at < samples.length) {
        const take = Math.min(frameSamples - filled, samples.length - at);
        current.set(samples.subarray(at, at + take), filled);
        filled += take;
        at += take;
        if (filled === frameSamples) {
          frames.push(current);
          current = new Int16Array(frameSamples);
          filled = 0;
        }
      }
      return frames;
    },
    flush() {
      if (filled === 0) return undefined;
      const frame = current;
      current = new Int16Array(frameSamples);
      filled = 0;
      return frame;
    },
  };
}

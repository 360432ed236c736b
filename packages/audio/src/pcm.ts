/** Raw speech as every part of the platform passes it around: mono, 16-bit, native byte order. */

/** A piece of mono speech. `samples` owns its memory: it is never a view into a pooled buffer. */
export interface PcmClip {
  /** Signed 16-bit samples, mono. */
  readonly samples: Int16Array;
  /** Samples per second, 8 000 – 48 000. */
  readonly sampleRateHz: number;
}

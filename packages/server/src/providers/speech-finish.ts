/** Gives the raw output of the built-in engines an even loudness and short silences at both ends. */
import type { PhoneSpan } from '@visavox/audio';

export interface TimedSpeech {
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
  readonly phones: readonly PhoneSpan[];
}

export interface FinishOptions {
  readonly isSilence: (phone: string) => boolean;
  /** Silence to leave before and after the speech. Shorter ones stay as they are. */
  readonly headMs: number;
  readonly tailMs: number;
}

/** Level of the voiced parts: -14.5 dBFS RMS. */
const TARGET_RMS = 0.19 * 32_768;
/** No sample exceeds -3 dBFS; above KNEE the curve bends gently. */
const CEILING = 0.708 * 32_768;
const KNEE = 0.52 * 32_768;
const MAX_GAIN = 4;

/** Trims, moves the phone times along, and levels. The samples returned own their memory. */
export function finishSpeech(
  speech: TimedSpeech,
  options: FinishOptions,
): { readonly samples: Int16Array<ArrayBuffer>; readonly phones: readonly PhoneSpan[] } {
  const { phones, sampleRateHz } = speech;
  const durationMs = (speech.samples.length / sampleRateHz) * 1000;
  const sounds = phones.filter(({ phone }) => !options.isSilence(phone));
  const first = sounds[0];
  const last = sounds.at(-1);
  const fromMs = Math.max(0, (first?.startMs ?? 0) - options.headMs);
  const untilMs = Math.min(durationMs, (last?.endMs ?? durationMs) + options.tailMs);
  const from = Math.round((fromMs * sampleRateHz) / 1000);
  const until = Math.max(from, Math.round((untilMs * sampleRateHz) / 1000));
  const samples = levelSpeech(speech.samples.slice(from, until));
  fadeEnds(samples, Math.round(sampleRateHz * 0.004));
  const moved = phones
    .map(({ phone, startMs, endMs }) => ({
      phone,
      startMs: Math.max(0, startMs - fromMs),
      endMs: Math.min(untilMs, endMs) - fromMs,
    }))
    .filter(({ startMs, endMs }) => endMs > startMs);
  return { samples, phones: moved };
}

/** Brings the voiced parts to one level and bends peaks under the ceiling. */
function levelSpeech(samples: Int16Array<ArrayBuffer>): Int16Array<ArrayBuffer> {
  const rms = activeRms(samples);
  if (rms === 0) return samples;
  const gain = Math.min(MAX_GAIN, TARGET_RMS / rms);
  const room = CEILING - KNEE;
  for (let i = 0; i < samples.length; i++) {
    const value = (samples[i] ?? 0) * gain;
    const magnitude = Math.abs(value);
    const bent = magnitude <= KNEE ? magnitude : KNEE + room * Math.tanh((magnitude - KNEE) / room);
    samples[i] = Math.round(Math.sign(value) * bent);
  }
  return samples;
}

/** RMS of those blocks of 256 samples that are not much quieter than the loudest, so pauses do not count. */
function activeRms(samples: Int16Array): number {
  const block = 256;
  const energies: number[] = [];
  for (let at = 0; at + block <= samples.length; at += block) {
    let energy = 0;
    for (let i = at; i < at + block; i++) energy += (samples[i] ?? 0) ** 2;
    energies.push(energy / block);
  }
  const loudest = energies.reduce((a, b) => Math.max(a, b), 0);
  const active = energies.filter((energy) => energy > loudest / 300);
  if (loudest < 1 || active.length === 0) return 0;
  return Math.sqrt(active.reduce((a, b) => a + b, 0) / active.length);
}

function fadeEnds(samples: Int16Array, length: number): void {
  for (let i = 0; i < Math.min(length, samples.length >> 1); i++) {
    const factor = i / length;
    const end = samples.length - 1 - i;
    samples[i] = Math.round((samples[i] ?? 0) * factor);
    samples[end] = Math.round((samples[end] ?? 0) * factor);
  }
}

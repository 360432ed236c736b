/**
 * Mouth shapes from the sound alone, for uploads and voices without timings: energy opens the jaw, the balance of the
 * spectrum tells spread from rounded lips and hissing from voiced sound, and a dip between two loud parts shuts the lips.
 */
import type { PcmClip, Viseme, VisemeSpan } from '@visavox/audio';

const HOP_MS = 20;
/** Quieter than this part of the clip's loud level counts as silence. */
const SILENCE_SHARE = 0.06;
const DIP_SHARE = 0.3;
/** Below this a clip is not speech, however its parts compare; of 32 768. */
const MIN_LEVEL = 250;

interface Frame {
  readonly level: number;
  /** Zero crossings per sample times the sample rate: a cheap centre of the spectrum, Hz. */
  readonly brightnessHz: number;
}

/** Contiguous spans that cover the whole clip. */
export function visemesFromAudio(clip: PcmClip): VisemeSpan[] {
  const hop = Math.max(1, Math.round((clip.sampleRateHz * HOP_MS) / 1000));
  const frames: Frame[] = [];
  for (let start = 0; start < clip.samples.length; start += hop) {
    frames.push(measure(clip.samples.subarray(start, start + hop), clip.sampleRateHz));
  }
  const levels = frames.map(({ level }) => level).sort((a, b) => a - b);
  const loud = Math.max(MIN_LEVEL, levels[Math.floor(levels.length * 0.9)] ?? 0);
  const totalMs = (clip.samples.length * 1000) / clip.sampleRateHz;
  const spans: { viseme: Viseme; startMs: number; endMs: number }[] = [];
  for (const [index, frame] of frames.entries()) {
    const viseme = classify(frames, index, frame, loud);
    const startMs = index * HOP_MS;
    const endMs = Math.min(totalMs, startMs + HOP_MS);
    const last = spans.at(-1);
    if (last !== undefined && last.viseme === viseme) last.endMs = endMs;
    else spans.push({ viseme, startMs, endMs });
  }
  return spans;
}

function classify(frames: readonly Frame[], index: number, frame: Frame, loud: number): Viseme {
  const share = frame.level / loud;
  if (share < DIP_SHARE) {
    const near = (from: number, to: number) =>
      frames.slice(Math.max(0, index + from), index + to + 1).some(({ level }) => level / loud > 0.5);
    // A short dip between loud sound on both sides is a closure; anything longer is a pause.
    if (near(-4, -1) && near(1, 4)) return 'PP';
    if (share < SILENCE_SHARE) return 'sil';
  }
  if (frame.brightnessHz > 3200) return 'SS';
  if (frame.brightnessHz > 2300) return 'CH';
  if (frame.brightnessHz < 480) return share > 0.75 ? 'oh' : 'ou';
  if (frame.brightnessHz > 1300) return share > 0.7 ? 'E' : 'ih';
  return share > 0.85 ? 'aa' : share > 0.45 ? 'E' : 'DD';
}

function measure(samples: Int16Array, sampleRateHz: number): Frame {
  let energy = 0;
  let crossings = 0;
  let before = 0;
  for (const value of samples) {
    energy += value * value;
    if (value >= 0 !== before >= 0) crossings += 1;
    before = value;
  }
  const count = Math.max(1, samples.length);
  return { level: Math.sqrt(energy / count), brightnessHz: (crossings * sampleRateHz) / (2 * count) };
}

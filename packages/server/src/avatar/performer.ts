/**
 * One face over time: the idle loop, and on top of it the mouth of what is being said. Every value is the mouth shapes
 * around a moment weighted by a bell curve, so neighbours colour each other (coarticulation) and the mouth returns to
 * rest by itself; nothing is integrated from frame to frame.
 */
import type { Viseme, VisemeSpan } from '@visavox/audio';
import { IDLE_LOOP_FRAMES, idlePose } from './idle.ts';
import { MOUTH_SHAPES, type MouthShape, type Pose, type ShapeWeight } from './pose.ts';

const FRAME_INTERVAL_MS = 40;
/** Widths of the bell curves: jaws are slow, lips slower, closures quick. */
const JAW_SIGMA_MS = 38;
const LIP_SIGMA_MS = 55;
const SHAPE_SIGMA_MS = 24;
const EMPHASIS_SIGMA_MS = 140;
/** Quick closures are weakened by any smoothing; this makes lips really meet on p, b and m. */
const SHAPE_GAIN = 1.35;
/** Mouths move a little ahead of their sound. */
const LEAD_MS = 25;
/** After this nothing of an utterance is seen any more. */
const SETTLE_MS = 700;
const MAX_SPANS = 20_000;

interface MouthTarget {
  readonly jaw: number;
  readonly lip: number;
  readonly shape?: MouthShape;
  readonly shapeWeight?: number;
}

const MOUTHS: Readonly<Record<Viseme, MouthTarget>> = {
  sil: { jaw: 0, lip: 0 },
  PP: { jaw: 0, lip: 0, shape: 'PP', shapeWeight: 1 },
  FF: { jaw: 0.1, lip: 0, shape: 'FF', shapeWeight: 1 },
  TH: { jaw: 0.3, lip: -0.2, shape: 'TH', shapeWeight: 1 },
  DD: { jaw: 0.28, lip: -0.3, shape: 'TD', shapeWeight: 0.75 },
  kk: { jaw: 0.34, lip: -0.25 },
  CH: { jaw: 0.15, lip: 0.5, shape: 'CH', shapeWeight: 0.8 },
  SS: { jaw: 0.08, lip: -0.7 },
  nn: { jaw: 0.3, lip: -0.25, shape: 'LL', shapeWeight: 0.55 },
  RR: { jaw: 0.28, lip: 0.45 },
  aa: { jaw: 0.8, lip: -0.05 },
  E: { jaw: 0.52, lip: -0.5 },
  ih: { jaw: 0.32, lip: -0.6 },
  oh: { jaw: 0.62, lip: 0.55 },
  ou: { jaw: 0.32, lip: 1 },
};

export interface SpokenVisemes {
  readonly visemes: readonly VisemeSpan[];
  /** Media time of the first sample that the spans count from. */
  readonly startMs: number;
}

export interface Performer {
  /** Adds speech, now or in the future; pieces of one utterance may come one after the other. */
  speak(speech: SpokenVisemes): void;
  /** Ends all speech at `atMs`: the mouth closes within about 100 ms. */
  stop(atMs: number): void;
  poseAt(mediaMs: number): Pose;
  /** True when the pose is exactly that of the idle loop. */
  isIdleAt(mediaMs: number): boolean;
}

interface TimedMouth extends MouthTarget {
  readonly startMs: number;
  readonly endMs: number;
}

export function createPerformer(): Performer {
  let spans: TimedMouth[] = [];

  return {
    speak({ visemes, startMs }) {
      for (const { viseme, startMs: from, endMs: to } of visemes) {
        if (viseme === 'sil' || to <= from || spans.length >= MAX_SPANS) continue;
        spans.push({ ...MOUTHS[viseme], startMs: startMs + from - LEAD_MS, endMs: startMs + to - LEAD_MS });
      }
    },
    stop(atMs) {
      spans = spans.flatMap((span) =>
        span.startMs >= atMs ? [] : [{ ...span, endMs: Math.min(span.endMs, atMs) }],
      );
    },
    isIdleAt(mediaMs) {
      return spans.every(
        ({ startMs, endMs }) => startMs - SETTLE_MS > mediaMs || endMs + SETTLE_MS < mediaMs,
      );
    },
    poseAt(mediaMs) {
      // What lies behind is seen no more; time only moves forward.
      const gone = spans.findIndex(({ endMs }) => endMs + 2 * SETTLE_MS >= mediaMs);
      if (gone === -1) spans = [];
      else if (gone > 64) spans = spans.slice(gone);
      const idle = idlePose(Math.floor(mediaMs / FRAME_INTERVAL_MS) % IDLE_LOOP_FRAMES);
      let jaw = 0;
      let lip = 0;
      let emphasis = 0;
      let presence = 0;
      const weights = new Map<MouthShape, number>();
      for (const span of spans) {
        if (span.startMs > mediaMs + SETTLE_MS) break;
        if (span.endMs < mediaMs - SETTLE_MS) continue;
        jaw += span.jaw * bell(span, mediaMs, JAW_SIGMA_MS);
        lip += span.lip * bell(span, mediaMs, LIP_SIGMA_MS);
        const slow = bell(span, mediaMs, EMPHASIS_SIGMA_MS);
        emphasis += span.jaw * slow;
        presence += slow;
        if (span.shape !== undefined) {
          const weight = (span.shapeWeight ?? 1) * SHAPE_GAIN * bell(span, mediaMs, SHAPE_SIGMA_MS);
          weights.set(span.shape, Math.min(1, (weights.get(span.shape) ?? 0) + weight));
        }
      }
      if (presence < 1e-4 && jaw < 1e-4) return idle;
      const still = 1 - 0.7 * Math.min(1, presence);
      const sway = Math.min(1, presence);
      const beat = emphasis - 0.35 * presence;
      return {
        ...idle,
        jaw: clamp(jaw, 0, 1),
        lip: clamp(lip, -1, 1),
        shapes: strongest(weights),
        pitchDeg: idle.pitchDeg + 1.5 * beat + 0.25 * sway * Math.sin(mediaMs / 610),
        yawDeg: idle.yawDeg + 0.45 * sway * Math.sin(mediaMs / 930 + 1),
        rollDeg: idle.rollDeg + 0.35 * sway * Math.sin(mediaMs / 1170),
        browRaise: clamp(idle.browRaise + 1.1 * Math.max(0, beat), -0.5, 1),
        smile: idle.smile * (1 - 0.4 * sway),
        gazeXDeg: idle.gazeXDeg * still,
        gazeYDeg: idle.gazeYDeg * still,
      };
    },
  };
}

/** How much of a bell curve around `atMs` lies inside the span, 0 – 1. */
function bell(span: { startMs: number; endMs: number }, atMs: number, sigmaMs: number): number {
  return cumulative((span.endMs - atMs) / sigmaMs) - cumulative((span.startMs - atMs) / sigmaMs);
}

/** The normal distribution's cumulative function; logistic approximation, error below 0.01. */
function cumulative(z: number): number {
  if (z < -6) return 0;
  if (z > 6) return 1;
  return 1 / (1 + Math.exp(-1.5976 * z - 0.070566 * z * z * z));
}

function strongest(weights: ReadonlyMap<MouthShape, number>): readonly ShapeWeight[] {
  return MOUTH_SHAPES.flatMap((shape) => {
    const weight = weights.get(shape) ?? 0;
    return weight > 0.02 ? [{ shape, weight }] : [];
  })
    .sort((a, b) => b.weight - a.weight)
    .slice(0, 2)
    .reverse();
}

function clamp(value: number, minimum: number, maximum: number): number {
  return Math.min(maximum, Math.max(minimum, value));
}

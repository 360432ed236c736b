import type { Viseme, VisemeSpan } from '@visavox/audio';
import { describe, expect, test } from 'vitest';
import { IDLE_LOOP_FRAMES, idlePose } from './idle.ts';
import { createPerformer } from './performer.ts';
import type { Pose } from './pose.ts';
import { visemesFromAudio } from './visemes-from-audio.ts';

function speech(...spans: readonly (readonly [Viseme, number])[]): VisemeSpan[] {
  let at = 0;
  return spans.map(([viseme, ms]) => {
    const span = { viseme, startMs: at, endMs: at + ms };
    at += ms;
    return span;
  });
}

const weightOf = (pose: Pose, name: string) => pose.shapes.find(({ shape }) => shape === name)?.weight ?? 0;
/** How far the lips are apart: the jaw, as far as no closed mouth lies over it. */
const apart = (pose: Pose) => pose.jaw * (1 - weightOf(pose, 'PP'));

describe('the idle loop', () => {
  const frames = Array.from({ length: IDLE_LOOP_FRAMES }, (_, index) => idlePose(index));

  test('has no seam: the step across it is like any other', () => {
    const step = (a: Pose, b: Pose) =>
      Math.abs(a.yawDeg - b.yawDeg) + Math.abs(a.pitchDeg - b.pitchDeg) + Math.abs(a.rollDeg - b.rollDeg);
    const steps = frames.slice(1).map((pose, index) => step(frames[index] ?? pose, pose));
    const last = frames.at(-1) ?? idlePose(-1);
    expect(step(last, idlePose(0))).toBeLessThanOrEqual(Math.max(...steps));
    expect(idlePose(IDLE_LOOP_FRAMES)).toEqual(idlePose(0));
    expect(idlePose(-1)).toEqual(last);
  });

  test('blinks at irregular intervals of two to six seconds, and fully', () => {
    const blinks = frames.flatMap((pose, index) =>
      pose.lidClosure > 0.9 && (frames[index - 1]?.lidClosure ?? 0) <= 0.9 ? [index / 25] : [],
    );
    expect(blinks.length).toBeGreaterThanOrEqual(5);
    const gaps = blinks.slice(1).map((at, index) => at - (blinks[index] ?? 0));
    expect(new Set(gaps.map((gap) => gap.toFixed(1))).size).toBeGreaterThan(3);
    expect(Math.max(...gaps)).toBeLessThan(6.5);
  });

  test('keeps the mouth shut and the head within two degrees', () => {
    for (const pose of frames) {
      expect(pose.jaw).toBe(0);
      expect(Math.max(Math.abs(pose.yawDeg), Math.abs(pose.pitchDeg), Math.abs(pose.rollDeg))).toBeLessThan(
        2,
      );
    }
  });
});

describe('a performer', () => {
  test('is the idle loop before and after speech', () => {
    const performer = createPerformer();
    performer.speak({ visemes: speech(['aa', 300]), startMs: 2000 });
    expect(performer.isIdleAt(1000)).toBe(true);
    expect(performer.isIdleAt(2100)).toBe(false);
    expect(performer.isIdleAt(3200)).toBe(true);
    expect(performer.poseAt(1000)).toEqual(idlePose(25));
    expect(performer.poseAt(3240)).toEqual(idlePose(81));
  });

  test('opens for vowels, in time with the sound', () => {
    const performer = createPerformer();
    performer.speak({ visemes: speech(['aa', 400]), startMs: 1000 });
    expect(apart(performer.poseAt(880))).toBeLessThan(0.1);
    expect(apart(performer.poseAt(1200))).toBeGreaterThan(0.7);
    expect(apart(performer.poseAt(1500))).toBeLessThan(0.1);
    const half = [960, 970, 980, 990, 1000, 1010, 1020].find((ms) => apart(performer.poseAt(ms)) > 0.4);
    expect(half).toBeGreaterThanOrEqual(960);
    expect(half).toBeLessThanOrEqual(1000);
  });

  test('the lips meet on a short b between two open vowels', () => {
    const performer = createPerformer();
    performer.speak({ visemes: speech(['aa', 200], ['PP', 60], ['aa', 200]), startMs: 1000 });
    const moments = Array.from({ length: 20 }, (_, index) => apart(performer.poseAt(1150 + index * 10)));
    expect(Math.min(...moments)).toBeLessThan(0.06);
    expect(apart(performer.poseAt(1100))).toBeGreaterThan(0.6);
  });

  test('neighbours colour each other: lips are already round before the ou', () => {
    const performer = createPerformer();
    performer.speak({ visemes: speech(['kk', 100], ['ou', 200]), startMs: 0 });
    const alone = createPerformer();
    alone.speak({ visemes: speech(['kk', 100], ['ih', 200]), startMs: 0 });
    expect(performer.poseAt(60).lip).toBeGreaterThan(alone.poseAt(60).lip + 0.1);
  });

  test('moves smoothly: no value jumps between two frames', () => {
    const performer = createPerformer();
    performer.speak({
      visemes: speech(['aa', 120], ['PP', 70], ['ou', 150], ['SS', 90], ['E', 120]),
      startMs: 500,
    });
    let before = performer.poseAt(0);
    for (let ms = 40; ms < 2500; ms += 40) {
      const pose = performer.poseAt(ms);
      expect(Math.abs(pose.jaw - before.jaw)).toBeLessThan(0.55);
      expect(Math.abs(pose.pitchDeg - before.pitchDeg)).toBeLessThan(0.5);
      expect(Math.abs(pose.lip - before.lip)).toBeLessThan(0.8);
      before = pose;
    }
  });

  test('pieces that arrive one after the other are as good as the whole', () => {
    const whole = createPerformer();
    whole.speak({ visemes: speech(['aa', 200], ['ou', 200]), startMs: 1000 });
    const pieces = createPerformer();
    pieces.speak({ visemes: speech(['aa', 200]), startMs: 1000 });
    pieces.speak({ visemes: speech(['ou', 200]), startMs: 1200 });
    for (let ms = 900; ms < 1700; ms += 40) {
      expect(pieces.poseAt(ms).jaw).toBeCloseTo(whole.poseAt(ms).jaw, 6);
      expect(pieces.poseAt(ms).lip).toBeCloseTo(whole.poseAt(ms).lip, 6);
    }
  });

  test('stop shuts the mouth within 150 ms and forgets what was to come', () => {
    const performer = createPerformer();
    performer.speak({ visemes: speech(['aa', 5000]), startMs: 0 });
    performer.speak({ visemes: speech(['aa', 5000]), startMs: 5000 });
    performer.stop(1000);
    expect(apart(performer.poseAt(960))).toBeGreaterThan(0.5);
    expect(apart(performer.poseAt(1160))).toBeLessThan(0.08);
    expect(performer.isIdleAt(1800)).toBe(true);
  });

  test('stays bounded and quick over an hour of speech', () => {
    const performer = createPerformer();
    const started = performance.now();
    for (let second = 0; second < 3600; second += 1) {
      performer.speak({
        visemes: speech(...Array.from({ length: 12 }, () => ['aa', 80] as const)),
        startMs: second * 1000,
      });
      performer.poseAt(second * 1000);
    }
    // Without forgetting, the last thousand would each look at tens of thousands of spans.
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('mouth shapes from sound', () => {
  const RATE_HZ = 16_000;
  const build = (...parts: readonly (readonly [kind: 'silence' | 'voice' | 'hiss', ms: number])[]) => {
    let seed = 1;
    const noise = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 1_073_741_824 - 1;
    };
    const samples = parts.flatMap(([kind, ms]) =>
      Array.from({ length: (RATE_HZ * ms) / 1000 }, (_, index) => {
        if (kind === 'silence') return noise() * 10;
        if (kind === 'hiss') return noise() * 5000;
        return (
          7000 * Math.sin((2 * Math.PI * 140 * index) / RATE_HZ) +
          5000 * Math.sin((2 * Math.PI * 700 * index) / RATE_HZ)
        );
      }),
    );
    return { samples: Int16Array.from(samples), sampleRateHz: RATE_HZ };
  };
  const at = (spans: readonly VisemeSpan[], ms: number) =>
    spans.find(({ startMs, endMs }) => ms >= startMs && ms < endMs)?.viseme;

  test('covers the clip without gaps', () => {
    const spans = visemesFromAudio(build(['silence', 200], ['voice', 300], ['hiss', 200]));
    expect(spans[0]?.startMs).toBe(0);
    expect(spans.at(-1)?.endMs).toBe(700);
    for (const [index, span] of spans.entries()) {
      if (index > 0) expect(span.startMs).toBe(spans[index - 1]?.endMs);
    }
  });

  test('finds the onset within 40 ms, silence, voice and hiss', () => {
    const spans = visemesFromAudio(build(['silence', 400], ['voice', 400], ['silence', 400], ['hiss', 300]));
    const onset = spans.find(({ viseme }) => viseme !== 'sil')?.startMs ?? 0;
    expect(Math.abs(onset - 400)).toBeLessThanOrEqual(40);
    expect(at(spans, 1000)).toBe('sil');
    expect(['aa', 'E', 'oh']).toContain(at(spans, 600));
    expect(['SS', 'CH']).toContain(at(spans, 1350));
  });

  test('a short dip between two vowels shuts the lips', () => {
    const spans = visemesFromAudio(build(['voice', 300], ['silence', 60], ['voice', 300]));
    expect(spans.map(({ viseme }) => viseme)).toContain('PP');
  });

  test('no sound at all is silence, and no samples are no spans', () => {
    expect(visemesFromAudio(build(['silence', 300])).every(({ viseme }) => viseme === 'sil')).toBe(true);
    expect(visemesFromAudio({ samples: new Int16Array(0), sampleRateHz: RATE_HZ })).toEqual([]);
  });
});

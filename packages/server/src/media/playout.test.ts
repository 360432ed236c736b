import { expect, test } from 'vitest';
import { createPlayout, type PlayoutClock, type PlayoutSource } from './playout.ts';

/** A clock that stands still until it is moved; a timer fires when its time has come. */
function createFakeClock() {
  let nowMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  const clock: PlayoutClock = {
    now: () => nowMs,
    setTimer: (callback, delayMs) => {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => {
      timers = timers.filter((entry) => entry !== timer);
    },
  };
  return {
    clock,
    get pending() {
      return timers.length;
    },
    /** Moves on; `stallMs` lets timers fire late, as a busy event loop does. */
    advance(ms: number, stallMs = 0) {
      const endMs = nowMs + ms;
      for (;;) {
        const next = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        timers = timers.filter((entry) => entry !== next);
        nowMs = Math.max(nowMs, next.atMs + stallMs);
        next.callback();
      }
      nowMs = Math.max(nowMs, endMs);
    },
  };
}

function createRecorder() {
  const audio: number[] = [];
  const pictures: number[] = [];
  const source: PlayoutSource = {
    playAudio: (mediaMs) => audio.push(mediaMs),
    showPicture: (mediaMs) => pictures.push(mediaMs),
  };
  return { audio, pictures, source };
}

const ignore = () => {};

test('plays 100 blocks and 25 pictures a second, in order and without gaps', () => {
  const time = createFakeClock();
  const playout = createPlayout({ clock: time.clock, onSourceError: ignore });
  const { audio, pictures, source } = createRecorder();
  playout.add(source);
  time.advance(10_000);
  expect(audio.length).toBeGreaterThanOrEqual(1000);
  expect(audio.length).toBeLessThanOrEqual(1001);
  expect(audio.every((mediaMs, index) => mediaMs === index * 10)).toBe(true);
  expect(pictures.every((mediaMs, index) => mediaMs === index * 40)).toBe(true);
  expect(playout.stats().lateFrames).toBe(0);
});

test('late timers do not make the schedule drift', () => {
  const time = createFakeClock();
  const playout = createPlayout({ clock: time.clock, onSourceError: ignore });
  const { audio, source } = createRecorder();
  playout.add(source);
  for (let second = 0; second < 60; second += 1) time.advance(1000, 7);
  expect(Math.abs(audio.length - 6000)).toBeLessThanOrEqual(2);
});

test('after a short stall sound is caught up completely and pictures are skipped, counted as late', () => {
  const time = createFakeClock();
  const playout = createPlayout({ clock: time.clock, onSourceError: ignore });
  const { audio, pictures, source } = createRecorder();
  playout.add(source);
  time.advance(200);
  const shown = pictures.length;
  time.advance(10, 200);
  expect(audio.every((mediaMs, index) => mediaMs === index * 10)).toBe(true);
  expect(audio.length).toBeGreaterThan(38);
  expect(pictures.length - shown).toBeLessThanOrEqual(2);
  expect(playout.stats().lateFrames).toBeGreaterThanOrEqual(4);
});

test('after a long stall the schedule starts anew instead of racing', () => {
  const time = createFakeClock();
  const playout = createPlayout({ clock: time.clock, onSourceError: ignore });
  const { audio, source } = createRecorder();
  playout.add(source);
  time.advance(100);
  const before = audio.length;
  time.advance(10, 60_000);
  expect(audio.length - before).toBeLessThan(10);
  expect(playout.stats().restarts).toBe(1);
});

test('a source that throws is taken out; the others play on', () => {
  const time = createFakeClock();
  const errors: unknown[] = [];
  const playout = createPlayout({ clock: time.clock, onSourceError: (error) => errors.push(error) });
  const good = createRecorder();
  playout.add({
    playAudio: () => {
      throw new Error('broken source');
    },
    showPicture: ignore,
  });
  playout.add(good.source);
  time.advance(1000);
  expect(errors).toHaveLength(1);
  expect(good.audio.length).toBeGreaterThanOrEqual(100);
});

test('removing the last source leaves no timer behind; closing twice is fine', () => {
  const time = createFakeClock();
  const playout = createPlayout({ clock: time.clock, onSourceError: ignore });
  const remove = playout.add(createRecorder().source);
  time.advance(50);
  remove();
  remove();
  expect(time.pending).toBe(0);
  playout.close();
  playout.close();
  expect(() => playout.add(createRecorder().source)).toThrow('closed');
});

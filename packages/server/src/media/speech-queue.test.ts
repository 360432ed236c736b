import { expect, test } from 'vitest';
import { createSpeechQueue, type SpeechQueue } from './speech-queue.ts';

function createRecorded() {
  const events: string[] = [];
  const visemes: { startMs: number; count: number }[] = [];
  const queue = createSpeechQueue({
    onStart: (id, mediaMs) => events.push(`start ${id} ${mediaMs}`),
    onVisemes: (spans, startMs) => visemes.push({ startMs: Math.round(startMs), count: spans.length }),
    onFinish: (id, playedMs, complete) => events.push(`finish ${id} ${playedMs} ${complete}`),
  });
  return { queue, events, visemes };
}

const tone = (seconds: number, rateHz: number) =>
  Int16Array.from({ length: Math.round(seconds * rateHz) }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 200 * index) / rateHz)),
  );
const span = [{ viseme: 'aa', startMs: 0, endMs: 100 }] as const;

function play(queue: SpeechQueue, blocks: number, fromMs = 0): Int16Array {
  const output = new Int16Array(blocks * 480);
  for (let block = 0; block < blocks; block += 1)
    output.set(queue.nextBlock(fromMs + block * 10), block * 480);
  return output;
}

const peak = (samples: Int16Array) => samples.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

test('an utterance plays in full at 48 kHz and reports its start, its mouth and its end', () => {
  const { queue, events, visemes } = createRecorded();
  queue.start('a', 16_000);
  queue.append('a', tone(0.5, 16_000), span);
  queue.end('a');
  const output = play(queue, 60);
  expect(peak(output.subarray(0, 480 * 50))).toBeGreaterThan(7000);
  expect(peak(output.subarray(480 * 50))).toBe(0);
  expect(events).toEqual(['start a 0', 'finish a 500 true']);
  expect(visemes).toEqual([{ startMs: 0, count: 1 }]);
});

test('pieces that arrive while playing continue without a gap, and their mouth shapes follow the sound', () => {
  const { queue, visemes } = createRecorded();
  const whole = tone(1, 24_000);
  queue.start('a', 24_000);
  queue.append('a', whole.slice(0, 12_000), span);
  const first = play(queue, 30);
  queue.append('a', whole.slice(12_000), span);
  queue.end('a');
  const second = play(queue, 70, 300);
  const joined = Int16Array.from([...first, ...second]);
  // 200 Hz at 48 kHz moves by at most 8000·2π·200/48000 ≈ 210 a sample: a gap or a click would jump.
  let jump = 0;
  for (let index = 481; index < joined.length - 960; index += 1) {
    jump = Math.max(jump, Math.abs((joined[index] ?? 0) - (joined[index - 1] ?? 0)));
  }
  expect(jump).toBeLessThan(260);
  const [, late] = visemes;
  expect(Math.abs((late?.startMs ?? 0) - 500)).toBeLessThanOrEqual(3);
});

test('utterances play in order, the next right after the one before', () => {
  const { queue, events } = createRecorded();
  for (const id of ['a', 'b']) {
    queue.start(id, 48_000);
    queue.append(id, tone(0.1, 48_000), span);
    queue.end(id);
  }
  play(queue, 30);
  expect(events).toEqual(['start a 0', 'finish a 100 true', 'start b 100', 'finish b 100 true']);
});

test('an utterance without sound still starts and finishes in its turn', () => {
  const { queue, events } = createRecorded();
  queue.start('a', 48_000);
  queue.end('a');
  play(queue, 1);
  expect(events).toEqual(['start a 0', 'finish a 0 true']);
});

test('running dry plays silence and goes on when more comes', () => {
  const { queue, events } = createRecorded();
  queue.start('a', 48_000);
  queue.append('a', tone(0.05, 48_000), span);
  expect(peak(play(queue, 10))).toBeGreaterThan(7000);
  expect(peak(play(queue, 5, 100))).toBe(0);
  queue.append('a', tone(0.05, 48_000), span);
  queue.end('a');
  expect(peak(play(queue, 10, 150))).toBeGreaterThan(7000);
  expect(events.at(-1)).toBe('finish a 100 true');
});

test('a clear fades out within 30 ms, drops what waits, and late pieces of it are ignored', () => {
  const { queue, events } = createRecorded();
  queue.start('a', 16_000);
  queue.append('a', tone(2, 16_000), span);
  queue.start('b', 16_000);
  play(queue, 20);
  queue.clear(200);
  const after = play(queue, 10, 200);
  expect(peak(after.subarray(0, 480))).toBeGreaterThan(0);
  expect(peak(after.subarray(3 * 480))).toBe(0);
  queue.append('a', tone(1, 16_000), span);
  queue.end('a');
  expect(peak(play(queue, 10, 300))).toBe(0);
  expect(events.slice(1)).toEqual(['finish a 200 false', 'finish b 0 false']);
});

import type { PcmClip, VisemeSpan } from '@visavox/audio';
import type { ServerPacket } from '@visavox/contract';
import { expect, test } from 'vitest';
import type { SpeechChunk } from '../providers/provider.ts';
import { createSpeaker, type SpeakerOptions } from './speak.ts';

const RATE_HZ = 16_000;
const clip = (durationMs: number, sampleRateHz = RATE_HZ): SpeechChunk => ({
  samples: tone(durationMs, sampleRateHz),
  sampleRateHz,
});

function tone(durationMs: number, rateHz: number): Int16Array {
  return Int16Array.from({ length: Math.round((durationMs * rateHz) / 1000) }, (_, index) =>
    Math.round(9000 * Math.sin((2 * Math.PI * 440 * index) / rateHz)),
  );
}

interface Played {
  readonly id: string;
  readonly rateHz: number;
  samples: number[];
  visemes: VisemeSpan[];
  /** What would be announced, as it became known. */
  announced: (readonly ServerPacket[])[];
  ended: boolean;
}

/** A turn of the event loop: everything that does not wait for something of the test has run. */
/** A piece is handed over one turn after it came. */
const settled = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
};

function create(overrides: Partial<SpeakerOptions> = {}) {
  const played: Played[] = [];
  const failures: unknown[] = [];
  const synthesized: string[] = [];
  const find = (id: string) => {
    const utterance = played.find((entry) => entry.id === id);
    if (utterance === undefined) throw new Error('An utterance was continued that never started.');
    return utterance;
  };
  const speaker = createSpeaker({
    output: {
      startUtterance: (id, rateHz) =>
        played.push({ id, rateHz, samples: [], visemes: [], announced: [], ended: false }),
      appendUtterance(id, chunk) {
        const utterance = find(id);
        utterance.samples.push(...chunk.samples);
        utterance.visemes.push(...chunk.visemes);
        utterance.announced.push(chunk.announcements);
      },
      endUtterance(id, announcements) {
        const utterance = find(id);
        utterance.announced.push(announcements);
        utterance.ended = true;
      },
    },
    splitSentences: async (text) => text.split(/(?<=\.) /),
    async *synthesize(sentence) {
      synthesized.push(sentence);
      yield clip(sentence.length * 100);
    },
    analyse: () => [{ viseme: 'aa', startMs: 0, endMs: 10 }],
    onFailure: (error) => failures.push(error),
    ...overrides,
  });
  return { speaker, played, failures, synthesized, finish: (index: number) => finish(index) };

  function finish(index: number): void {
    const utterance = played[index];
    if (utterance === undefined) throw new Error(`Utterance ${index} was never handed over.`);
    speaker.utteranceFinished(utterance.id);
  }
}

const stfOf = (packets: readonly ServerPacket[] | undefined) =>
  packets?.flatMap((packet) => (packet.type === 'stf' ? [packet.data] : []));
const startOf = (packets: readonly ServerPacket[] | undefined) =>
  packets?.flatMap((packet) => (packet.type === 'stf-start' ? [packet.data] : []));

// keeps: perso-6.4-one-each, perso-6.3-stf-start
test('each say becomes one utterance with one stf and one stf-start, in order', async () => {
  const { speaker, played, finish } = create();
  for (const text of ['One.', 'Two.', 'Three.']) speaker.say(text);
  await settled();
  finish(0);
  finish(1);
  await settled();
  expect(played.map(({ announced }) => stfOf(announced.at(-1)))).toEqual([
    [{ message: 'One.', duration: 400 }],
    [{ message: 'Two.', duration: 400 }],
    [{ message: 'Three.', duration: 600 }],
  ]);
  expect(played.map(({ announced, id }) => [startOf(announced.at(-1)), id])).toEqual(
    played.map(({ id }, index) => [[{ name: id, duration: index < 2 ? 400 : 600 }], id]),
  );
  expect(new Set(played.map(({ id }) => id)).size).toBe(3);
  expect(played.every(({ ended }) => ended)).toBe(true);
});

test('the expected duration grows with what is known and the end tells the exact one', async () => {
  const text = 'A first one. And a second, longer one.';
  const { speaker, played } = create({
    async *synthesize(sentence) {
      for (let index = 0; index < sentence.length; index += 4) yield clip(400);
    },
  });
  speaker.say(text);
  await settled();
  const durations = played[0]?.announced.map((packets) => stfOf(packets)?.[0]?.duration ?? -1) ?? [];
  expect(durations.length).toBeGreaterThan(3);
  expect(durations).toEqual(durations.toSorted((a, b) => a - b));
  // Before anything was measured: 65 ms a character.
  expect(durations[0]).toBe(Math.round(text.length * 65));
  expect(durations.at(-1)).toBe(((played[0]?.samples.length ?? 0) * 1000) / RATE_HZ);
});

test('a sentence without sound does not spoil the expected duration of the rest', async () => {
  const { speaker, played } = create({
    async *synthesize(sentence) {
      if (sentence.startsWith('…')) return;
      yield clip(100);
      yield clip(100);
    },
  });
  speaker.say('…. Words.');
  await settled();
  expect(stfOf(played[0]?.announced[0])).toEqual([{ message: '…. Words.', duration: 9 * 65 }]);
  expect(stfOf(played[0]?.announced.at(-1))).toEqual([{ message: '…. Words.', duration: 200 }]);
});

// keeps: perso-6.4-failure
test('a failure before any sound gives an empty utterance with the text and duration 0', async () => {
  const failure = new Error('scripted');
  const { speaker, played, failures } = create({
    async *synthesize() {
      yield* [];
      throw failure;
    },
  });
  speaker.say('Hello.');
  await settled();
  expect(failures).toEqual([failure]);
  expect(played).toMatchObject([{ samples: [], ended: true }]);
  expect(played[0]?.announced.map(stfOf)).toEqual([[{ message: 'Hello.', duration: 0 }]]);
});

test('a failure in the middle ends the utterance with what was said so far', async () => {
  const { speaker, played, failures } = create({
    async *synthesize(sentence) {
      yield clip(300);
      if (sentence === 'B.') throw new Error('scripted');
    },
  });
  speaker.say('A. B. C.');
  speaker.say('D.');
  await settled();
  expect(failures).toHaveLength(1);
  expect(played[0]?.ended).toBe(true);
  expect(stfOf(played[0]?.announced.at(-1))).toEqual([{ message: 'A. B. C.', duration: 600 }]);
  expect(stfOf(played[1]?.announced.at(-1))).toEqual([{ message: 'D.', duration: 300 }]);
});

test.each(['', '…', 'x'.repeat(4001)])(
  'a text that cannot be spoken is announced with duration 0',
  async (text) => {
    const { speaker, played, synthesized, failures } = create({
      async *synthesize(sentence) {
        synthesized.push(sentence);
        yield* [];
      },
    });
    speaker.say(text);
    await settled();
    expect(played[0]?.announced.map(stfOf)).toEqual([[{ message: text, duration: 0 }]]);
    expect(failures).toEqual([]);
    if (text.length > 4000) expect(synthesized).toEqual([]);
  },
);

test('only one is prepared ahead of the one that plays', async () => {
  const { speaker, played, synthesized, finish } = create();
  for (const text of ['a.', 'b.', 'c.', 'd.']) speaker.say(text);
  await settled();
  expect(synthesized).toEqual(['a.', 'b.']);
  finish(0);
  await settled();
  expect(synthesized).toEqual(['a.', 'b.', 'c.']);
  finish(0);
  await settled();
  expect(synthesized, 'an end that is told twice frees nothing more').toHaveLength(3);
  finish(1);
  await settled();
  expect(synthesized).toEqual(['a.', 'b.', 'c.', 'd.']);
  expect(played).toHaveLength(4);
});

test('what waits is bounded, texts and files alike', async () => {
  const { speaker, synthesized, finish, played } = create();
  const loads: number[] = [];
  for (let index = 0; index < 100; index += 1) {
    speaker.play({
      name: `file-${index}`,
      message: '',
      announceStf: true,
      load: async () => {
        loads.push(index);
        return undefined;
      },
    });
  }
  speaker.say('Too much.');
  for (let index = 0; index < 100; index += 1) {
    await settled();
    if (played[index] !== undefined) finish(index);
  }
  expect(loads).toEqual(Array.from({ length: 65 }, (_, index) => index));
  expect(synthesized).toEqual([]);
});

/** Speech that comes piece by piece when the test says so. */
function createHandFed() {
  const requests: { sentence: string; signal: AbortSignal; give(chunk?: SpeechChunk): void; fail(): void }[] =
    [];
  async function* synthesize(sentence: string, { signal }: { readonly signal: AbortSignal }) {
    let next = Promise.withResolvers<SpeechChunk | undefined>();
    requests.push({
      sentence,
      signal,
      give: (chunk) => next.resolve(chunk),
      fail: () => next.reject(new Error('late failure')),
    });
    for (;;) {
      const chunk = await next.promise;
      if (chunk === undefined) return;
      next = Promise.withResolvers();
      yield chunk;
    }
  }
  return { requests, synthesize };
}

// keeps: perso-6.4-after-clear
test.each(['gives a piece', 'ends', 'fails'])(
  'after a clear nothing of the old is handed over, even when a vendor that ignores the abort %s late',
  async (late) => {
    const vendor = createHandFed();
    const { speaker, played, failures } = create({ synthesize: vendor.synthesize });
    speaker.say('Old one.');
    speaker.say('Old two.');
    await settled();
    vendor.requests[0]?.give(clip(100));
    await settled();
    const before = structuredClone(played);
    expect(before).toMatchObject([{ ended: false, rateHz: RATE_HZ }]);
    speaker.clear();
    expect(vendor.requests[0]?.signal.aborted).toBe(true);

    // The next one does not wait for the vendor to notice.
    speaker.say('New.');
    await settled();
    expect(vendor.requests.map(({ sentence }) => sentence)).toEqual(['Old one.', 'New.']);
    vendor.requests[1]?.give(clip(200));
    await settled();
    if (late === 'gives a piece') vendor.requests[0]?.give(clip(100));
    else if (late === 'ends') vendor.requests[0]?.give();
    else vendor.requests[0]?.fail();
    await settled();
    vendor.requests[1]?.give();
    await settled();
    expect(played[0]).toEqual(before[0]);
    expect(played).toHaveLength(2);
    expect(stfOf(played[1]?.announced.at(-1))).toEqual([{ message: 'New.', duration: 200 }]);
    expect(vendor.requests, 'what waited behind the old one is gone').toHaveLength(2);
    expect(failures, 'an abort is no failure').toEqual([]);
  },
);

test('speech that comes in one piece is announced with its exact length from the first piece on', async () => {
  const { speaker, played } = create({
    async *synthesize() {
      yield clip(480);
    },
  });
  speaker.say('A sentence of which nobody could guess the length.');
  await settled();
  expect(stfOf(played[0]?.announced[0])).toMatchObject([{ duration: 480 }]);
});

test('a vendor that answers an abort by ending quietly leaves no empty utterance behind', async () => {
  const { speaker, played } = create({
    async *synthesize(_, { signal }) {
      yield* [];
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  });
  speaker.say('Old.');
  await settled();
  speaker.clear();
  await settled();
  expect(played).toEqual([]);
});

test('an old job that settles late does not let a second one be prepared beside the current', async () => {
  const vendor = createHandFed();
  const { speaker } = create({ synthesize: vendor.synthesize });
  speaker.say('Old.');
  await settled();
  speaker.clear();
  speaker.say('New one.');
  speaker.say('New two.');
  await settled();
  vendor.requests[0]?.give();
  await settled();
  expect(vendor.requests.map(({ sentence }) => sentence)).toEqual(['Old.', 'New one.']);
});

test('close stops what is prepared, drops what waits and takes nothing more', async () => {
  const vendor = createHandFed();
  const { speaker, played } = create({ synthesize: vendor.synthesize });
  speaker.say('One.');
  speaker.say('Two.');
  await settled();
  speaker.close();
  speaker.close();
  expect(vendor.requests[0]?.signal.aborted).toBe(true);
  vendor.requests[0]?.give(clip(100));
  speaker.say('Three.');
  speaker.utteranceFinished('any');
  await settled();
  expect(vendor.requests).toHaveLength(1);
  expect(played).toEqual([]);
});

const upload = (overrides: object = {}) => ({
  name: 'file-7',
  message: 'caption',
  announceStf: true,
  load: async (): Promise<PcmClip | undefined> => clip(5000),
  ...overrides,
});

// keeps: perso-6.5-upload-others, perso-6.6-name
test('an upload plays in pieces under its own name', async () => {
  const { speaker, played } = create();
  speaker.play(upload());
  for (let turn = 0; turn < 6; turn += 1) await settled();
  expect(played).toMatchObject([{ rateHz: RATE_HZ, ended: true }]);
  expect(played[0]?.samples).toHaveLength(5 * RATE_HZ);
  expect(played[0]?.visemes, 'one analysis a piece of two seconds').toHaveLength(3);
  for (const packets of played[0]?.announced ?? []) {
    expect(packets).toEqual([
      { type: 'stf-start', data: { name: 'file-7', duration: 5000 } },
      { type: 'stf', data: { message: 'caption', duration: 5000 } },
    ]);
  }
});

// keeps: perso-6.5-upload-l
test('an older client gets no stf for its upload', async () => {
  const { speaker, played } = create();
  speaker.play(upload({ announceStf: false, load: async () => clip(100) }));
  for (let turn = 0; turn < 3; turn += 1) await settled();
  expect(played[0]?.announced.at(-1)).toEqual([
    { type: 'stf-start', data: { name: 'file-7', duration: 100 } },
  ]);
});

// keeps: perso-6.4-failure, perso-6.6-empty
test.each([
  ['unknown', async () => undefined, 0],
  ['empty', async () => clip(0), 0],
  ['broken', () => Promise.reject(new Error('not decodable')), 1],
])('an upload that is %s is announced with duration 0', async (_, load, failed) => {
  const { speaker, played, failures } = create();
  speaker.play(upload({ load }));
  await settled();
  expect(played).toMatchObject([{ samples: [], ended: true }]);
  expect(stfOf(played[0]?.announced.at(-1))).toEqual([{ message: 'caption', duration: 0 }]);
  expect(failures).toHaveLength(failed);
});

test('an upload whose analysis fails ends, so that the next can play', async () => {
  let analyses = 0;
  const { speaker, played, failures } = create({
    analyse: () => {
      analyses += 1;
      if (analyses === 2) throw new Error('scripted');
      return [];
    },
  });
  speaker.play(upload());
  speaker.say('Next.');
  for (let turn = 0; turn < 6; turn += 1) await settled();
  expect(failures).toHaveLength(1);
  expect(played).toMatchObject([{ ended: true }, { ended: true }]);
  expect(stfOf(played[0]?.announced.at(-1))).toEqual([{ message: 'caption', duration: 2000 }]);
});

test('a clear while an upload is decoded or handed over ends it without a word', async () => {
  const decoding = Promise.withResolvers<PcmClip>();
  const { speaker, played, failures } = create();
  speaker.play(upload({ load: () => decoding.promise }));
  speaker.clear();
  decoding.resolve(clip(100));
  await settled();
  expect(played).toEqual([]);

  speaker.play(upload());
  // Decoding and the first piece take microtasks only.
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  expect(played).toMatchObject([{ ended: false }]);
  speaker.clear();
  for (let turn = 0; turn < 6; turn += 1) await settled();
  expect(played).toMatchObject([{ ended: false }]);
  expect(played[0]?.samples).toHaveLength(2 * RATE_HZ);
  expect(failures).toEqual([]);
});

test('sentences of voices with different rates are one utterance at the rate of the first, at the right pitch', async () => {
  const rates: Record<string, number> = { 'Hello.': 16_000, 'Annyeong.': 22_050, 'Bye.': 16_000 };
  const { speaker, played } = create({
    async *synthesize(sentence) {
      const rateHz = rates[sentence] ?? 0;
      const samples = tone(1000, rateHz);
      // Pieces of an odd length: the conversion must carry over from one to the next.
      for (let at = 0; at < samples.length; at += 1237) {
        yield { samples: samples.slice(at, at + 1237), sampleRateHz: rateHz };
      }
    },
  });
  speaker.say('Hello. Annyeong. Bye.');
  for (let turn = 0; turn < 6; turn += 1) await settled();
  const [utterance] = played;
  expect(utterance?.rateHz).toBe(16_000);
  expect(utterance?.samples).toHaveLength(3 * 16_000);
  expect(stfOf(utterance?.announced.at(-1))?.[0]?.duration).toBe(3000);
  for (const second of [0, 1, 2]) {
    const part = utterance?.samples.slice(second * 16_000 + 800, (second + 1) * 16_000 - 800) ?? [];
    const crossings = part.filter((value, index) => value >= 0 && (part[index - 1] ?? 0) < 0).length;
    expect(crossings / (part.length / 16_000), `pitch in second ${second}`).toBeCloseTo(440, -1);
    // 440 Hz at 16 kHz moves by at most 1555 a sample: a seam between pieces would jump.
    const jump = part.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - (part[index - 1] ?? value))),
      0,
    );
    expect(jump).toBeLessThan(1700);
  }
});

test('a text that ends in the other rate keeps its last milliseconds', async () => {
  const { speaker, played } = create({
    async *synthesize(sentence) {
      yield sentence === 'A.' ? clip(500) : clip(500, 22_050);
    },
  });
  speaker.say('A. B.');
  await settled();
  expect(played[0]?.samples).toHaveLength(16_000);
});

/** Turns timed phones (ARPABET or IPA) into mouth shapes. */
import type { Viseme, VisemeSpan } from './visemes.ts';

/** One speech sound and when it is heard, in milliseconds from the first sample of its clip. */
export interface PhoneSpan {
  readonly phone: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface VisemeOptions {
  /** Length of the clip. The result then covers exactly 0 … durationMs. Default: the end of the last phone. */
  readonly durationMs?: number;
}

/** `next` stands for "the mouth already has the shape of what follows" (h sounds, glottal stops). */
type Shape = Viseme | 'next';
type VisibleShape = Exclude<Shape, 'sil'>;

const ARPABET: Readonly<Record<string, readonly Shape[]>> = {
  aa: ['aa'],
  ae: ['aa'],
  ah: ['aa'],
  ao: ['oh'],
  aw: ['aa', 'ou'],
  ax: ['E'],
  axr: ['RR'],
  ay: ['aa', 'ih'],
  b: ['PP'],
  ch: ['CH'],
  d: ['DD'],
  dh: ['TH'],
  dx: ['DD'],
  eh: ['E'],
  el: ['nn'],
  em: ['PP'],
  en: ['nn'],
  er: ['RR'],
  ey: ['E', 'ih'],
  f: ['FF'],
  g: ['kk'],
  hh: ['next'],
  ih: ['ih'],
  ix: ['ih'],
  iy: ['ih'],
  jh: ['CH'],
  k: ['kk'],
  l: ['nn'],
  m: ['PP'],
  n: ['nn'],
  ng: ['nn'],
  ow: ['oh', 'ou'],
  oy: ['oh', 'ih'],
  p: ['PP'],
  r: ['RR'],
  s: ['SS'],
  sh: ['CH'],
  t: ['DD'],
  th: ['TH'],
  uh: ['ou'],
  uw: ['ou'],
  v: ['FF'],
  w: ['ou'],
  y: ['ih'],
  z: ['SS'],
  zh: ['CH'],
};

/** IPA letters by the mouth shape they are seen as. Tongue positions that lips do not show follow the nearest shape. */
const IPA_LETTERS: Readonly<Record<VisibleShape, string>> = {
  PP: 'pbmɓʙ',
  FF: 'fvɱʋɸβ',
  TH: 'θð',
  DD: 'tdʈɖɗɾɽɟ',
  kk: 'kgɡqɢxɣχʁcɠŋɴħʕ',
  CH: 'ʃʒɕʑʂʐ',
  SS: 'sz',
  nn: 'nlɲɳɫɭʎʟɬɮ',
  RR: 'rɹɻʀɝɚɜ',
  aa: 'aɑɐʌæɒä',
  E: 'eɛəɘœøɤ',
  ih: 'iɪyɨjʏçʝɯ',
  oh: 'oɔɵ',
  ou: 'uʊwʉɥɰʍ',
  next: 'hɦʔ',
};

const IPA: ReadonlyMap<string, Shape> = new Map(
  // Object.entries widens the keys; they are the keys of IPA_LETTERS.
  (Object.entries(IPA_LETTERS) as [Shape, string][]).flatMap(([shape, letters]) =>
    [...letters].map((letter): [string, Shape] => [letter, shape]),
  ),
);

/**
 * Mouth shapes of ARPABET phones (upper or lower case, with or without stress digits). Diphthongs become two shapes,
 * gaps and unknown symbols become `sil`, equal neighbours are joined; the result has no holes.
 * @example
 * visemesFromArpabet([{ phone: 'AY', startMs: 0, endMs: 100 }]);
 * // [{ viseme: 'aa', startMs: 0, endMs: 60 }, { viseme: 'ih', startMs: 60, endMs: 100 }]
 */
export function visemesFromArpabet(phones: readonly PhoneSpan[], options: VisemeOptions = {}): VisemeSpan[] {
  return toVisemes(phones, options, (phone) => {
    const name = phone.toLowerCase().replace(/[0-9]+$/, '');
    return Object.hasOwn(ARPABET, name) ? (ARPABET[name] ?? []) : [];
  });
}

/**
 * Mouth shapes of IPA phones; stress, length and other marks are ignored, affricates and diphthongs are split.
 * Otherwise as {@link visemesFromArpabet}.
 */
export function visemesFromIpa(phones: readonly PhoneSpan[], options: VisemeOptions = {}): VisemeSpan[] {
  return toVisemes(phones, options, ipaShapes);
}

/**
 * The part of a track between two times, counted from `fromMs`: what a chunk of a longer clip carries.
 */
export function sliceVisemes(track: readonly VisemeSpan[], fromMs: number, toMs: number): VisemeSpan[] {
  const result: VisemeSpan[] = [];
  for (const span of track) {
    const startMs = Math.max(span.startMs, fromMs);
    const endMs = Math.min(span.endMs, toMs);
    if (endMs > startMs) {
      result.push({ viseme: span.viseme, startMs: startMs - fromMs, endMs: endMs - fromMs });
    }
  }
  return result;
}

function ipaShapes(phone: string): readonly Shape[] {
  const shapes: Shape[] = [];
  for (const letter of phone.normalize('NFD')) {
    const shape = IPA.get(letter);
    if (shape && shapes.at(-1) !== shape) shapes.push(shape);
  }
  // tʃ, dʒ, tɕ …: the lips are those of the second half throughout.
  if (shapes.length === 2 && shapes[0] === 'DD' && (shapes[1] === 'CH' || shapes[1] === 'SS')) {
    return [shapes[1]];
  }
  return shapes;
}

/** The first part of a diphthong is held longer. */
const FIRST_PART = 0.6;

function toVisemes(
  phones: readonly PhoneSpan[],
  options: VisemeOptions,
  shapesOf: (phone: string) => readonly Shape[],
): VisemeSpan[] {
  const timed: { shape: Shape; startMs: number; endMs: number }[] = [];
  for (const { phone, startMs, endMs } of phones) {
    if (!(endMs > startMs)) continue;
    const shapes = shapesOf(phone);
    let at = startMs;
    shapes.forEach((shape, index) => {
      const isLast = index === shapes.length - 1;
      const until = isLast ? endMs : at + (endMs - at) * FIRST_PART;
      timed.push({ shape, startMs: at, endMs: until });
      at = until;
    });
    if (shapes.length === 0) timed.push({ shape: 'sil', startMs, endMs });
  }

  const track = new TrackBuilder(options.durationMs ?? timed.at(-1)?.endMs ?? 0);
  timed.forEach((part, index) => {
    const shape = part.shape === 'next' ? (timed[index + 1]?.shape ?? 'sil') : part.shape;
    track.add(shape === 'next' ? 'sil' : shape, part.startMs, part.endMs);
  });
  return track.finish();
}

class TrackBuilder {
  readonly #durationMs: number;
  readonly #spans: { viseme: Viseme; startMs: number; endMs: number }[] = [];

  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  add(viseme: Viseme, startMs: number, endMs: number): void {
    const last = this.#spans.at(-1)?.endMs ?? 0;
    const from = Math.max(last, Math.min(startMs, this.#durationMs));
    if (from > last) this.#append('sil', last, from);
    const until = Math.min(endMs, this.#durationMs);
    if (until > from) this.#append(viseme, from, until);
  }

  finish(): VisemeSpan[] {
    const last = this.#spans.at(-1)?.endMs ?? 0;
    if (this.#durationMs > last) this.#append('sil', last, this.#durationMs);
    return this.#spans;
  }

  #append(viseme: Viseme, startMs: number, endMs: number): void {
    const last = this.#spans.at(-1);
    if (last?.viseme === viseme) last.endMs = endMs;
    else this.#spans.push({ viseme, startMs, endMs });
  }
}

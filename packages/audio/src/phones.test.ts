import { describe, expect, it } from 'vitest';
import { sliceVisemes, visemesFromArpabet, visemesFromIpa } from './phones.ts';

describe('visemes', () => {
  it('split diphthongs', () => {
    expect(visemesFromArpabet([{ phone: 'AY1', startMs: 0, endMs: 100 }])).toEqual([
      { viseme: 'aa', startMs: 0, endMs: 60 },
      { viseme: 'ih', startMs: 60, endMs: 100 },
    ]);
    expect(visemesFromIpa([{ phone: 'ˈoʊ', startMs: 0, endMs: 100 }]).map(({ viseme }) => viseme)).toEqual([
      'oh',
      'ou',
    ]);
  });

  it('fill gaps and both ends with silence and leave no hole', () => {
    const track = visemesFromArpabet(
      [
        { phone: 'm', startMs: 50, endMs: 100 },
        { phone: 'aa', startMs: 150, endMs: 200 },
      ],
      { durationMs: 300 },
    );
    expect(track).toEqual([
      { viseme: 'sil', startMs: 0, endMs: 50 },
      { viseme: 'PP', startMs: 50, endMs: 100 },
      { viseme: 'sil', startMs: 100, endMs: 150 },
      { viseme: 'aa', startMs: 150, endMs: 200 },
      { viseme: 'sil', startMs: 200, endMs: 300 },
    ]);
  });

  it('stay contiguous when phones overlap, run backwards or past the end', () => {
    const track = visemesFromIpa(
      [
        { phone: 'm', startMs: 0, endMs: 80 },
        { phone: 'a', startMs: 40, endMs: 120 },
        { phone: 's', startMs: 10, endMs: 20 },
        { phone: 'o', startMs: 120, endMs: 900 },
      ],
      { durationMs: 200 },
    );
    expect(track[0]?.startMs).toBe(0);
    expect(track.at(-1)?.endMs).toBe(200);
    track.slice(1).forEach((span, index) => {
      expect(span.startMs).toBe(track[index]?.endMs);
      expect(span.endMs).toBeGreaterThan(span.startMs);
    });
  });

  it('give h the shape of what follows and join equal neighbours', () => {
    const track = visemesFromArpabet([
      { phone: 'hh', startMs: 0, endMs: 50 },
      { phone: 'iy', startMs: 50, endMs: 100 },
    ]);
    expect(track).toEqual([{ viseme: 'ih', startMs: 0, endMs: 100 }]);
  });

  it('take an affricate as one shape and ignore marks', () => {
    const shapes = (phone: string) =>
      visemesFromIpa([{ phone, startMs: 0, endMs: 9 }]).map(({ viseme }) => viseme);
    expect(shapes('tɕʰ')).toEqual(['CH']);
    expect(shapes('ɔ̃ː')).toEqual(['oh']);
    expect(shapes('')).toEqual(['sil']);
  });

  it('treat unknown phones as silence', () => {
    expect(visemesFromArpabet([{ phone: 'toString', startMs: 0, endMs: 9 }])[0]?.viseme).toBe('sil');
  });

  it('can be cut out of a longer track', () => {
    const track = visemesFromArpabet([
      { phone: 'm', startMs: 0, endMs: 100 },
      { phone: 'aa', startMs: 100, endMs: 200 },
    ]);
    expect(sliceVisemes(track, 50, 150)).toEqual([
      { viseme: 'PP', startMs: 0, endMs: 50 },
      { viseme: 'aa', startMs: 50, endMs: 100 },
    ]);
  });
});

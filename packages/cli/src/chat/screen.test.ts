import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createScreen, createWrapper, visible } from './screen.ts';

test('a stream of text is broken between words, wherever its pieces end', () => {
  const wrapper = createWrapper(10, 4);
  const out = ['One', ' two ', 'three\nfo', 'ur five si', 'x'].map((piece) => wrapper.add(piece)).join('');
  expect(out).toBe('One\ntwo three\nfour five\nsix');
});

test('wide characters count twice and break without a space', () => {
  expect(createWrapper(6, 0).add('안녕하세요')).toBe('안녕하\n세요');
});

test('what has come is shown at once', () => {
  expect(createWrapper(80, 0).add('The last word')).toBe('The last word');
});

test('nothing that a server answers commands the terminal', () => {
  expect(visible('a\u001b[2Jb\u0007\r\nc\u009b1m\td')).toBe('a[2Jb\nc1m\td');
});

test('what goes on is shown on a terminal only, and makes way for other lines', async () => {
  for (const interactive of [true, false]) {
    const output = new PassThrough();
    const screen = createScreen({ input: new PassThrough(), output }, { interactive, colour: false });
    await screen.during('Thinking', async () => screen.warn('By the way.'));
    output.end();
    expect(await text(output)).toBe(
      interactive ? 'Thinking …\r\u001b[KBy the way.\nThinking …\r\u001b[K' : 'By the way.\n',
    );
  }
});

test('the line of an answer that breaks off is ended', async () => {
  const output = new PassThrough();
  const screen = createScreen({ input: new PassThrough(), output }, { interactive: false, colour: false });
  async function* pieces(): AsyncGenerator<string> {
    yield ' One.';
    throw new Error('cut off');
  }
  await expect(screen.speech('AI', pieces())).rejects.toThrow('cut off');
  output.end();
  expect(await text(output)).toBe('AI: One.\n');
});

import { expect, test } from 'vitest';
import { readAnswerLines } from './answer-lines.ts';

async function* bytesOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const collect = async (body: AsyncIterable<Uint8Array>): Promise<string[]> => {
  const sentences: string[] = [];
  for await (const sentence of readAnswerLines(body)) sentences.push(sentence);
  return sentences;
};

const line = (event: object): string => `data: ${JSON.stringify(event)}\n`;

test.each([1, 3, 1000])('sentences come as they are, whatever the pieces of %i bytes', async (size) => {
  const body =
    line({ status: 'success', sentence: '안녕하세요.' }) +
    line({ status: 'success', sentence: ' 반가워요 🙂' });
  expect(await collect(bytesOf(body, size))).toEqual(['안녕하세요.', ' 반가워요 🙂']);
});

test('empty, unreadable and other lines are passed over, and the last needs no end', async () => {
  const body = `\r\n\ndata: {broken\nevent: x\ndata: 5\n${line({ status: 'success' })}${line({ status: 'success', sentence: 'One.' })}`;
  expect(await collect(bytesOf(`${body}data: {"status":"success","sentence":" Two."}`, 7))).toEqual([
    'One.',
    ' Two.',
  ]);
});

test('a failure is told with its reason, after what came before', async () => {
  const body =
    line({ status: 'success', sentence: 'One.' }) + line({ status: 'fail', reason: 'The model\nis gone.' });
  const sentences = readAnswerLines(bytesOf(body, 1000));
  expect(await sentences.next()).toEqual({ done: false, value: 'One.' });
  await expect(sentences.next()).rejects.toMatchObject({
    code: 'answer_failed',
    message: 'The answer failed: The model is gone.',
  });
});

test('a line without an end does not fill the memory', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 100_000;
      yield new Uint8Array(100_000).fill(120);
    }
  }
  await expect(collect(endless())).rejects.toMatchObject({ code: 'not_understood' });
  expect(given).toBeLessThan(2_000_000);
});

test('who has enough closes the body', async () => {
  let closed = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new TextEncoder().encode(line({ status: 'success', sentence: 'More.' }));
    } finally {
      closed = true;
    }
  }
  for await (const sentence of readAnswerLines(body())) {
    expect(sentence).toBe('More.');
    break;
  }
  expect(closed).toBe(true);
});

import { expect, test } from 'vitest';
import { createFileReceiver } from './file-receiver.ts';

function createRecorded(maxBytes = 1000) {
  const sent: string[] = [];
  const files: Uint8Array[] = [];
  let closed = 0;
  const receiver = createFileReceiver({
    maxBytes,
    channel: { sendText: (text) => sent.push(text), close: () => (closed += 1) },
    onFile: (bytes) => {
      files.push(bytes);
      return `ref-${files.length}`;
    },
  });
  return { receiver, sent, files, closed: () => closed };
}

const bytes = (...values: number[]) => Uint8Array.from(values).buffer;

// keeps: perso-6.6-ready, perso-6.6-reference
test('asks with an empty text, joins the chunks, answers with the reference', () => {
  const { receiver, sent, files } = createRecorded();
  receiver.start();
  expect(sent).toEqual(['']);
  receiver.receive(bytes(1, 2));
  receiver.receive(bytes(3));
  receiver.receive(new ArrayBuffer(0));
  expect(sent).toEqual(['', 'ref-1']);
  expect([...(files[0] ?? [])]).toEqual([1, 2, 3]);
});

// keeps: perso-6.6-empty
test('a file of zero bytes is answered too', () => {
  const { receiver, sent, files } = createRecorded();
  receiver.start();
  receiver.receive(new ArrayBuffer(0));
  expect(sent).toEqual(['', 'ref-1']);
  expect(files[0]?.length).toBe(0);
});

test('text frames and anything after the end are ignored', () => {
  const { receiver, files, sent } = createRecorded();
  receiver.start();
  receiver.receive('surprise');
  receiver.receive(bytes(1));
  receiver.receive(new ArrayBuffer(0));
  receiver.receive(bytes(2));
  receiver.receive(new ArrayBuffer(0));
  expect(files).toHaveLength(1);
  expect(sent).toHaveLength(2);
});

test('a file over the limit closes the channel and keeps nothing', () => {
  const { receiver, files, closed } = createRecorded(3);
  receiver.start();
  receiver.receive(bytes(1, 2));
  receiver.receive(bytes(3, 4));
  receiver.receive(new ArrayBuffer(0));
  expect(closed()).toBe(1);
  expect(files).toHaveLength(0);
});

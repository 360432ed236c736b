import { expect, test } from 'vitest';
import { parseClientPacket } from './packets.ts';

test('reads the commands of section 6.2', () => {
  expect(parseClientPacket('{"type":"ping","data":{}}')).toEqual({ type: 'ping' });
  expect(parseClientPacket('{"type":"ttstf","data":{"message":"Hi"}}')).toEqual({
    type: 'ttstf',
    data: { message: 'Hi' },
  });
  expect(parseClientPacket('{"type":"change-size","data":{"width":1080,"height":1920}}')).not.toBeNull();
  expect(
    parseClientPacket('{"type":"stf","data":{"file_ref":"r","format":"wav","message":""}}'),
  ).not.toBeNull();
});

// keeps: perso-6.1-unknown
test.each([
  'nonsense',
  '',
  'null',
  '[]',
  '{"type":"ttstf"}',
  '{"type":"ttstf","data":{"message":5}}',
  '{"type":"unknown","data":{}}',
  '{"type":"change-size","data":{"width":"wide","height":1}}',
  '{"type":"change-size","data":{"width":1e999,"height":1}}',
  `{"type":"ttstf","data":{"message":"${'x'.repeat(30_000)}"}}`,
  new ArrayBuffer(4),
])('ignores what is no command: %s', (frame) => {
  expect(parseClientPacket(frame)).toBeNull();
});

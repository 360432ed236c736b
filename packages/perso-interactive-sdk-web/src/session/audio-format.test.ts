import { expect, it } from 'vitest';
import { normalizeAudioFormat } from './audio-format.ts';

// keeps: sdk-9.6-format
it.each([
  ['mp3', '', 'mp3'],
  ['audio/mpeg', '', 'mp3'],
  ['audio/mp3', '', 'mp3'],
  [' AUDIO/MPEG ; codecs=x', '', 'mp3'],
  ['wav', 'audio/mpeg', 'wav'],
  ['audio/wav', '', 'wav'],
  ['audio/x-wav', '', 'wav'],
  ['audio/wave', '', 'wav'],
  [undefined, 'audio/mpeg', 'mp3'],
  ['', 'audio/mp3', 'mp3'],
  ['ogg', 'audio/mpeg;x', 'mp3'],
  ['ogg', 'audio/ogg', 'wav'],
  ['constructor', '', 'wav'],
] as const)('%j, %j → %s', (format, type, expected) => {
  expect(normalizeAudioFormat(format, type)).toBe(expected);
});

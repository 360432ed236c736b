/** The program: reads requests from standard input and writes frames of speech to standard output. See README.md. */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createEngine, type EspeakEngine, UnknownVoiceError } from './engine.ts';

interface HostRequest {
  readonly id: number;
  readonly voice: string;
  readonly text: string;
  readonly wordsPerMinute?: number;
}

const STDOUT = 1;
const DEFAULT_WORDS_PER_MINUTE = 160;

// What the engine prints must not mix with the frames.
console.log = () => {};
console.error = () => {};

let engine: EspeakEngine | undefined;
try {
  engine = await createEngine();
} catch {
  writeFrame({ type: 'unavailable', reason: 'not-installed' });
}
if (engine) serve(engine);

function serve(speaker: EspeakEngine): void {
  // The first synthesis in a process is slow; it is over before the first request.
  speaker.speak({ voice: 'en-us', text: 'hello', wordsPerMinute: 200 }, () => {});
  writeFrame({ type: 'ready', sampleRateHz: speaker.sampleRateHz, languages: speaker.languages });
  createInterface({ input: process.stdin }).on('line', (line) => answer(speaker, line));
}

function answer(speaker: EspeakEngine, line: string): void {
  const request = parseRequest(line);
  if (!request) {
    writeFrame({ type: 'error', id: 0, reason: 'bad-request' });
    return;
  }
  const { id, voice, text, wordsPerMinute = DEFAULT_WORDS_PER_MINUTE } = request;
  try {
    speaker.speak({ voice, text, wordsPerMinute }, ({ samples, phones }) => {
      writeFrame({ type: 'audio', id, phones }, samples);
    });
    writeFrame({ type: 'end', id });
  } catch (error) {
    writeFrame({
      type: 'error',
      id,
      reason: error instanceof UnknownVoiceError ? 'unknown-voice' : 'engine',
    });
  }
}

function parseRequest(line: string): HostRequest | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { id, voice, text, wordsPerMinute } = value as Record<string, unknown>;
    if (typeof id !== 'number' || typeof voice !== 'string' || typeof text !== 'string') return undefined;
    return typeof wordsPerMinute === 'number' ? { id, voice, text, wordsPerMinute } : { id, voice, text };
  } catch {
    return undefined;
  }
}

function writeFrame(header: object, samples: Int16Array = new Int16Array(0)): void {
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const frame = Buffer.alloc(8 + json.length + samples.length * 2);
  frame.writeUInt32LE(json.length, 0);
  frame.writeUInt32LE(samples.length * 2, 4);
  json.copy(frame, 8);
  for (let i = 0; i < samples.length; i++) frame.writeInt16LE(samples[i] ?? 0, 8 + json.length + i * 2);
  writeAll(frame);
}

/** Written at once, since synthesis blocks the event loop and the first piece must not wait for the last. */
function writeAll(bytes: Buffer): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'EAGAIN') process.exit(0);
      // The reader is busy: wait a little without spinning.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

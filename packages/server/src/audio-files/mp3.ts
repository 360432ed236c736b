/** Decodes MP3 in a worker thread of its own, so that neither a long nor a broken file holds anything up. */
import type { PcmClip } from '@visavox/audio';
import { createWorkerClient } from '../providers/worker-client.ts';

export interface Mp3Request {
  readonly bytes: Uint8Array;
  readonly maxSeconds: number;
}

export interface Mp3Reply {
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
}

const TIMEOUT_MS = 30_000;

/** True when the bytes start with an ID3 tag or the sync word of an MPEG layer. */
export function isMp3(bytes: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0] = bytes;
  if (a === 0x49 && b === 0x44 && c === 0x33) return true;
  const hasLayer = ((b >> 1) & 0x03) !== 0;
  const hasVersion = ((b >> 3) & 0x03) !== 1;
  return (
    a === 0xff && (b & 0xe0) === 0xe0 && hasLayer && hasVersion && (c & 0xf0) !== 0xf0 && (c & 0x0c) !== 0x0c
  );
}

/** Decodes the first `maxSeconds`; a clip of rate 0 means that nothing in it was MP3. */
export async function decodeMp3(
  bytes: Uint8Array,
  options: { readonly maxSeconds: number; readonly signal: AbortSignal },
): Promise<PcmClip> {
  const worker = createWorkerClient<Mp3Request, Mp3Reply>({
    url: new URL('./mp3-worker.ts', import.meta.url),
    name: 'the MP3 decoder',
    timeoutMs: TIMEOUT_MS,
    terminateOnAbort: true,
  });
  try {
    return await worker.call({ bytes, maxSeconds: options.maxSeconds }, { signal: options.signal });
  } finally {
    await worker.close();
  }
}

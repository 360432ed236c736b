/**
 * Embedded recogniser of last resort: understands the phrases of a small English grammar, in a worker thread. Everything
 * it needs is in its npm package.
 */
import { resampleClip } from '@visavox/audio';
import type { Provider } from './provider.ts';
import { isSilent } from './silence.ts';
import { createWorkerClient } from './worker-client.ts';

export interface SoundswallowerRequest {
  /** 16 kHz. */
  readonly samples: Int16Array;
}

export interface SoundswallowerReply {
  readonly text: string;
}

const RATE_HZ = 16_000;
/** Longer clips are no phrase of the grammar; the search would only cost time. */
const MAX_SECONDS = 15;

/** Creates the provider; the engine (90 MB of memory) is loaded with the first clip, which takes a second more. */
export function createSoundswallowerProvider(): Provider {
  const worker = createWorkerClient<SoundswallowerRequest, SoundswallowerReply>({
    url: new URL('./soundswallower-worker.ts', import.meta.url),
    name: 'the embedded recognizer',
    timeoutMs: 30_000,
    terminateOnAbort: true,
  });
  return {
    id: 'soundswallower',
    displayName: 'SoundSwallower (built in, small vocabulary)',
    kind: 'built-in',
    recognizer: {
      languages: ['en'],
      limitedVocabulary: true,
      async recognize(clip, { signal }) {
        signal.throwIfAborted();
        const { samples } = resampleClip(clip, RATE_HZ);
        const heard = samples.slice(0, MAX_SECONDS * RATE_HZ);
        if (isSilent({ samples: heard, sampleRateHz: RATE_HZ })) return { text: '', language: 'en' };
        const { text } = await worker.call({ samples: heard }, { signal, transfer: [heard.buffer] });
        return { text: text.replace(/\bi\b/g, 'I').trim(), language: 'en' };
      },
    },
    close: () => worker.close(),
  };
}

/** Worker thread of `soundswallower.ts`: recognises one clip per call. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import createModule, { type Decoder } from 'soundswallower';
import type { SoundswallowerReply, SoundswallowerRequest } from './soundswallower.ts';
import { EXTRA_WORDS, GENERAL_GRAMMAR } from './soundswallower-grammar.ts';
import { serveWorker } from './worker-server.ts';

const packageFolder = dirname(createRequire(import.meta.url).resolve('soundswallower'));

serveWorker<SoundswallowerRequest, SoundswallowerReply>({
  failure: 'the embedded recognizer could not read this clip',
  async handle({ samples }) {
    const decoder = await ready;
    const sound = Float32Array.from(samples, (sample) => sample / 32_768);
    decoder.start();
    decoder.process_audio(sound, false, true);
    decoder.stop();
    return { reply: { text: readText(decoder) } };
  },
});

const ready = loadDecoder();

async function loadDecoder(): Promise<Decoder> {
  // Read by the loader, though missing from its types.
  const settings: object = { modelBase: `${join(packageFolder, 'model')}/` };
  const module = await createModule(settings);
  const decoder = new module.Decoder({ loglevel: 'FATAL', samprate: 16_000 });
  await decoder.initialize();
  for (const [word, phones] of EXTRA_WORDS) decoder.add_words([word, phones]);
  decoder.set_grammar(GENERAL_GRAMMAR);
  return decoder;
}

/** The engine throws when no phrase fits. */
function readText(decoder: Decoder): string {
  try {
    return decoder.get_text();
  } catch {
    return '';
  }
}

import { describe, expect, it } from 'vitest';
import { createPocketsphinxProvider, findPocketsphinx } from './pocketsphinx.ts';
import { createSoundswallowerProvider } from './soundswallower.ts';
import { describeRecognizer } from './testing/recognizer-conformance.ts';
import { makeSpeech, once } from './testing/speech-clip.ts';

const installation = await findPocketsphinx('');
const greeting = once(() => makeSpeech('Good morning. Welcome to the museum.'));
const question = once(() => makeSpeech('What is your name?'));
const signal = new AbortController().signal;
const silence = { samples: new Int16Array(16_000), sampleRateHz: 16_000 };

describe.skipIf(!installation)('with PocketSphinx installed', () => {
  if (!installation) return;
  describeRecognizer('PocketSphinx', {
    create: async () => createPocketsphinxProvider({ installation }),
    language: 'en',
    speech: greeting,
    expected: /morning welcome to the museum/,
  });

  it('hears what Flite says', async () => {
    const provider = createPocketsphinxProvider({ installation, keepsSpare: false });
    try {
      const clip = await makeSpeech('Where is the museum entrance?');
      expect(await provider.recognizer?.recognize(clip, { signal })).toEqual({
        text: 'where is the museum entrance',
        language: 'en',
      });
      expect((await provider.recognizer?.recognize(silence, { signal }))?.text).toBe('');
    } finally {
      await provider.close();
    }
  });
});

describe('PocketSphinx that does not work', () => {
  it.each(['/nowhere/pocketsphinx', '/bin/false'])('is reported as not available: %s', async (program) => {
    const provider = createPocketsphinxProvider({ installation: { program, modelFolder: '/nowhere' } });
    try {
      const clip = await question();
      await expect(provider.recognizer?.recognize(clip, { signal })).rejects.toMatchObject({
        kind: 'unavailable',
      });
    } finally {
      await provider.close();
    }
  });
});

describeRecognizer('SoundSwallower', {
  create: async () => createSoundswallowerProvider(),
  language: 'en',
  speech: question,
  expected: /what is your name/,
});

describe('SoundSwallower', () => {
  it('says that its vocabulary is small, and hears nothing in silence', async () => {
    const provider = createSoundswallowerProvider();
    try {
      expect(provider.recognizer?.limitedVocabulary).toBe(true);
      expect((await provider.recognizer?.recognize(silence, { signal }))?.text).toBe('');
      const empty = { samples: new Int16Array(0), sampleRateHz: 8000 };
      expect((await provider.recognizer?.recognize(empty, { signal }))?.text).toBe('');
    } finally {
      await provider.close();
    }
  });
});

/** A recognition model of a few kilobytes that hears tones as words; `tiny-sense-voice/make.py` made it. */
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { concatSamples, type PcmClip } from '@visavox/audio';
import { MODELS_FOLDER } from '@visavox/contract/models';

const FILES = fileURLToPath(new URL('./tiny-sense-voice', import.meta.url));
const RATE_HZ = 16_000;
const TONES_HZ = { one: 400, two: 1000, three: 2500 };

export type TinyWord = keyof typeof TONES_HZ;

/** Puts the model, or some of its files, into a data folder under any name. Resolves with its folder. */
export async function installTinyModel(
  dataDirectory: string,
  name: string,
  files: readonly string[] = ['model.onnx', 'tokens.txt'],
): Promise<string> {
  const folder = path.join(dataDirectory, MODELS_FOLDER, name);
  await mkdir(folder, { recursive: true });
  for (const file of files) await copyFile(path.join(FILES, file), path.join(folder, file));
  return folder;
}

/** The words that the model knows, each as its tone, with pauses between; 16 kHz. */
export function sing(words: readonly TinyWord[], pauseSeconds = 0.2): PcmClip {
  const pause = new Int16Array(RATE_HZ * pauseSeconds);
  const pieces = words.flatMap((word) => {
    const tone = Int16Array.from(
      { length: RATE_HZ * 0.4 },
      (_, at) => 8000 * Math.sin((2 * Math.PI * TONES_HZ[word] * at) / RATE_HZ),
    );
    return [tone, pause];
  });
  return { samples: concatSamples(pieces), sampleRateHz: RATE_HZ };
}

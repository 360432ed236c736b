/** Code shown in the docstrings of `wav.ts`. */

import { getWavSampleRate } from './wav.ts';

export async function sampleRate(file: File): Promise<void> {
  // #region sample-rate
  const sampleRate = getWavSampleRate(await file.arrayBuffer());
  console.log(sampleRate); // for example 16000
  // #endregion
}

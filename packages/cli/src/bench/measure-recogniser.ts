/** Recognisers: how soon they answer, and how many words they get wrong. */
import { compareWords } from './error-rate.ts';
import { type Clip, count, isHopeless, type RecognitionMeasurement, warmUp } from './measurements.ts';
import type { PaidCalls } from './paid-calls.ts';

/** Lets a recogniser hear each recording so many times. */
export async function measureRecogniser(
  measurement: RecognitionMeasurement,
  clips: readonly Clip[],
  rounds: number,
  { hear, report }: PaidCalls,
): Promise<void> {
  const { model, language } = measurement;
  const [first] = clips;
  if (first === undefined) return;
  await warmUp(() => hear(model, first, language));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, clip] of clips.entries()) {
      report(`stt ${model.id} ${language}: ${round * clips.length + index + 1} of ${rounds * clips.length}`);
      const answer = await count(measurement, () => hear(model, clip, language));
      if (isHopeless(measurement)) return;
      if (answer === undefined) continue;
      measurement.totalMs.push(answer.totalMs);
      measurement.comparisons.push(compareWords(clip.text, answer.text, language));
    }
  }
}

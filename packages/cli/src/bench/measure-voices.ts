/** Voices: how soon and how fast they speak, and how well a recogniser understands them. */
import { compareCharacters, errorRateOf } from './error-rate.ts';
import type { ListedModel } from './gateway-calls.ts';
import {
  type Clip,
  count,
  createRecognitionMeasurement,
  isHopeless,
  type SpeechMeasurement,
  warmUp,
} from './measurements.ts';
import type { PaidCalls } from './paid-calls.ts';

/** Voices whose speech recognisers are measured with, at most. */
export const SPEAKERS = 2;
const MAX_RATE_BEHIND_BEST = 0.15;

/** Makes a voice say each sentence so many times, and keeps one recording of each. */
export async function measureVoice(
  measurement: SpeechMeasurement,
  sentences: readonly string[],
  rounds: number,
  { speak, report }: PaidCalls,
): Promise<void> {
  const { model, language } = measurement;
  const [first] = sentences;
  if (first === undefined) return;
  await warmUp(() => speak(model, first, language));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, text] of sentences.entries()) {
      report(
        `tts ${model.id} ${language}: ${round * sentences.length + index + 1} of ${rounds * sentences.length}`,
      );
      const answer = await count(measurement, () => speak(model, text, language));
      if (isHopeless(measurement)) return;
      if (answer === undefined) continue;
      const { sound, soundMs, firstByteMs, totalMs } = answer;
      measurement.firstByteMs.push(firstByteMs);
      measurement.totalMs.push(totalMs);
      measurement.speedFactors.push(soundMs / totalMs);
      if (!measurement.clips.some((clip) => clip.text === text)) {
        measurement.clips.push({ text, sound, soundMs });
      }
    }
  }
}

/** The recogniser that makes the fewest errors with a recording of each voice. */
export async function findListener(
  listeners: readonly ListedModel[],
  language: string,
  recordings: readonly Clip[],
  { hear, report }: PaidCalls,
): Promise<ListedModel | undefined> {
  if (listeners.length < 2) return listeners[0];
  const tried: { readonly model: ListedModel; readonly rate: number }[] = [];
  for (const model of listeners) {
    report(`choosing who listens to voices in ${language}: ${model.id}`);
    const tally = createRecognitionMeasurement(model, language);
    for (const clip of recordings) {
      const answer = await count(tally, () => hear(model, clip, language));
      tally.comparisons.push(compareCharacters(clip.text, answer?.text ?? '', language));
    }
    tried.push({ model, rate: errorRateOf(tally.comparisons) ?? 1 });
  }
  return tried.toSorted((a, b) => a.rate - b.rate)[0]?.model;
}

/** Lets a recogniser hear what the voices said. What it fails to answer says nothing about them. */
export async function listenTo(
  voices: readonly SpeechMeasurement[],
  listener: ListedModel,
  { hear, report }: PaidCalls,
): Promise<void> {
  for (const voice of voices) {
    for (const [index, clip] of voice.clips.entries()) {
      report(
        `tts ${voice.model.id} ${voice.language}, heard by ${listener.id}: ${index + 1} of ${voice.clips.length}`,
      );
      const answer = await count({ calls: 0, failures: 0, lastFailure: undefined }, () =>
        hear(listener, clip, voice.language),
      );
      if (answer === undefined) continue;
      voice.comparisons.push(compareCharacters(clip.text, answer.text, voice.language));
    }
  }
}

/** Recognisers should not be blamed for a voice that is hard to understand. */
export function bestSpeakers(voices: readonly SpeechMeasurement[]): readonly SpeechMeasurement[] {
  const rateOf = ({ comparisons }: SpeechMeasurement): number => errorRateOf(comparisons) ?? 1;
  const sorted = voices.toSorted((a, b) => rateOf(a) - rateOf(b));
  const [first] = sorted;
  return first === undefined
    ? []
    : sorted.slice(0, SPEAKERS).filter((voice) => rateOf(voice) <= rateOf(first) + MAX_RATE_BEHIND_BEST);
}

/** The order in which models are measured, one call after another: voices, then recognisers, then language models. */
import { CommandError } from '../client.ts';
import type { GatewayCalls, ListedModel, Stage } from './gateway-calls.ts';
import { measureLanguageModel } from './measure-language-model.ts';
import { measureRecogniser } from './measure-recogniser.ts';
import { bestSpeakers, findListener, listenTo, measureVoice, SPEAKERS } from './measure-voices.ts';
import {
  type Clip,
  createLanguageMeasurement,
  createRecognitionMeasurement,
  createSpeechMeasurement,
  type Measurement,
  type SpeechMeasurement,
} from './measurements.ts';
import { createPaidCalls } from './paid-calls.ts';
import { QUESTIONS } from './questions.ts';
import { sentencesOf } from './sentences.ts';
import { BudgetError, type Spending } from './spending.ts';

export interface BenchPlan {
  /** Every model of the server. */
  readonly models: readonly ListedModel[];
  /** Those that are measured; others may still help as listeners or speakers. */
  readonly measured: readonly ListedModel[];
  readonly languages: readonly string[];
  readonly stages: readonly Stage[];
  /** How often each sentence is spoken and each recording recognised. */
  readonly rounds: number;
  /** Sentences for each language, at most; questions to language models are cut down likewise. */
  readonly maxSentences: number;
  /** The operator's own, by language. */
  readonly recordings: ReadonlyMap<string, readonly Clip[]>;
}

export interface BenchOutcome {
  /** In the order in which they were measured; also those that were not finished. Each has at least one call. */
  readonly measurements: readonly Measurement[];
  /** What could not be measured, and why. */
  readonly notes: readonly string[];
  /** `refused`: the server does not take calls with this key any more. */
  readonly ended: 'complete' | 'interrupted' | 'budget' | 'refused';
}

export interface BenchParts {
  readonly calls: GatewayCalls;
  readonly spending: Spending;
  readonly signal: AbortSignal;
  /** A sentence for the one who waits. */
  readonly report: (text: string) => void;
}

/** Recognisers that may compete for being the one that listens to voices. */
const LISTENERS = 5;
const QUESTIONS_PER_SENTENCE = 3;

/** Resolves with what was measured, however it ended. */
export async function runBench(plan: BenchPlan, parts: BenchParts): Promise<BenchOutcome> {
  const measurements: Measurement[] = [];
  const notes: string[] = [];
  const paid = createPaidCalls(parts);
  const isWanted = (stage: Stage): boolean => plan.stages.includes(stage);
  const begin = <T extends Measurement>(measurement: T): T => {
    measurements.push(measurement);
    return measurement;
  };

  async function measureVoices(
    language: string,
    sentences: readonly string[],
  ): Promise<readonly SpeechMeasurement[]> {
    const models = candidates(plan.measured, 'tts', language);
    if (models.length === 0) notes.push(`No voice in ${language} was measured.`);
    const voices: SpeechMeasurement[] = [];
    for (const model of models) {
      const measurement = begin(createSpeechMeasurement(model, language));
      voices.push(measurement);
      await measureVoice(measurement, sentences, plan.rounds, paid);
    }
    return voices.filter(hasSpoken);
  }

  /** Voices that are not measured, only needed: those that are known to be good first. */
  async function askForHelp(
    language: string,
    sentences: readonly string[],
  ): Promise<readonly SpeechMeasurement[]> {
    const voices: SpeechMeasurement[] = [];
    for (const model of bestKnown(candidates(plan.models, 'tts', language))) {
      if (voices.length === SPEAKERS) break;
      const helper = createSpeechMeasurement(model, language);
      await measureVoice(helper, sentences, 1, paid);
      if (hasSpoken(helper)) voices.push(helper);
    }
    return voices;
  }

  async function understandVoices(
    language: string,
    voices: readonly SpeechMeasurement[],
    recordings: readonly Clip[],
  ): Promise<void> {
    const listeners = bestKnown(candidates(plan.models, 'stt', language)).slice(0, LISTENERS);
    const samples = [...voices.flatMap(({ clips }) => clips.slice(0, 1)), ...recordings.slice(0, SPEAKERS)];
    const listener = await findListener(listeners, language, samples, paid);
    if (listener === undefined) {
      notes.push(`No recogniser knows ${language}: voices have no error rate in it.`);
      return;
    }
    notes.push(`Voices in ${language} were listened to by ${listener.id}.`);
    await listenTo(voices, listener, paid);
  }

  async function measureRecognisers(
    language: string,
    recognisers: readonly ListedModel[],
    voices: readonly SpeechMeasurement[],
    recordings: readonly Clip[],
  ): Promise<void> {
    const best = bestSpeakers(voices);
    const clips = [...recordings, ...best.flatMap((voice) => voice.clips)];
    if (recognisers.length === 0) {
      notes.push(`No recogniser in ${language} was measured.`);
      return;
    }
    if (clips.length === 0) {
      notes.push(`Nobody speaks ${language}: recognisers need --recordings to be measured.`);
      return;
    }
    const own = recordings.length === 1 ? '1 recording' : `${recordings.length} recordings`;
    const heard = [...(recordings.length === 0 ? [] : [own]), ...best.map(({ model }) => model.id)];
    notes.push(`Recognisers in ${language} heard ${heard.join(', ')}.`);
    for (const model of recognisers) {
      await measureRecogniser(begin(createRecognitionMeasurement(model, language)), clips, plan.rounds, paid);
    }
  }

  async function measureSpeech(language: string): Promise<void> {
    const sentences = sentencesOf(language)?.slice(0, plan.maxSentences) ?? [];
    if (sentences.length === 0)
      notes.push(`There are no sentences for ${language}: nothing is spoken in it.`);
    const recordings = plan.recordings.get(language) ?? [];
    const recognisers = isWanted('stt') ? candidates(plan.measured, 'stt', language) : [];
    let voices: readonly SpeechMeasurement[] = [];
    if (sentences.length > 0 && isWanted('tts')) {
      voices = await measureVoices(language, sentences);
      if (voices.length > 0) await understandVoices(language, voices, recordings);
    } else if (sentences.length > 0 && recognisers.length > 0) voices = await askForHelp(language, sentences);
    if (isWanted('stt')) await measureRecognisers(language, recognisers, voices, recordings);
  }

  const finish = (ended: BenchOutcome['ended']): BenchOutcome => ({
    measurements: measurements.filter(({ calls }) => calls > 0),
    notes,
    ended,
  });
  try {
    if (isWanted('tts') || isWanted('stt')) {
      for (const language of plan.languages) await measureSpeech(language);
    }
    const questions = QUESTIONS.slice(0, plan.maxSentences * QUESTIONS_PER_SENTENCE);
    for (const model of isWanted('llm') ? plan.measured.filter(({ api }) => api === 'llm') : []) {
      await measureLanguageModel(begin(createLanguageMeasurement(model)), questions, plan.rounds, paid);
    }
    return finish('complete');
  } catch (error) {
    if (parts.signal.aborted) return finish('interrupted');
    if (!(error instanceof BudgetError || error instanceof CommandError)) throw error;
    notes.push(error.message);
    return finish(error instanceof BudgetError ? 'budget' : 'refused');
  }
}

function candidates(models: readonly ListedModel[], stage: Stage, language: string): readonly ListedModel[] {
  return models.filter(({ api, languages }) => api === stage && covers(languages, language));
}

function covers(tags: readonly string[], language: string): boolean {
  const primary = (tag: string): string | undefined => tag.split(/[-_]/)[0]?.toLowerCase();
  return tags.some((tag) => tag === '*' || primary(tag) === primary(language));
}

function hasSpoken({ clips }: SpeechMeasurement): boolean {
  return clips.length > 0;
}

/** By the measurements that the server has already, in its own order otherwise. Error rates: the lower the better. */
function bestKnown(models: readonly ListedModel[]): readonly ListedModel[] {
  return models.toSorted(
    (a, b) => (a.quality ?? Number.POSITIVE_INFINITY) - (b.quality ?? Number.POSITIVE_INFINITY) || 0,
  );
}

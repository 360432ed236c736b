/** What is counted while models are measured. A failed call counts in the error rate and nowhere else. */
import type { Comparison } from './error-rate.ts';
import { CallError, type ListedModel, type Sound } from './gateway-calls.ts';

interface Counted {
  readonly model: ListedModel;
  calls: number;
  failures: number;
  /** Why the last failed call failed. */
  lastFailure: string | undefined;
}

export interface SpeechMeasurement extends Counted {
  readonly stage: 'tts';
  readonly language: string;
  readonly firstByteMs: number[];
  readonly totalMs: number[];
  /** Seconds of speech for each second of waiting. */
  readonly speedFactors: number[];
  /** Of what the best recogniser heard, by characters. */
  readonly comparisons: Comparison[];
  /** One of each sentence. */
  readonly clips: Clip[];
}

export interface RecognitionMeasurement extends Counted {
  readonly stage: 'stt';
  readonly language: string;
  readonly totalMs: number[];
  readonly comparisons: Comparison[];
}

export interface LanguageMeasurement extends Counted {
  readonly stage: 'llm';
  readonly firstTokenMs: number[];
  readonly totalMs: number[];
  readonly tokensPerSecond: number[];
  readonly answersRight: boolean[];
  readonly toolCallsRight: boolean[];
}

export type Measurement = SpeechMeasurement | RecognitionMeasurement | LanguageMeasurement;

/** A recording with the text that it says. */
export interface Clip {
  readonly text: string;
  readonly sound: Sound;
  readonly soundMs: number;
}

/** So many failures in a row, with no success before, and the model is given up. */
const FAILURES_TO_GIVE_UP = 3;

const nothing = { calls: 0, failures: 0, lastFailure: undefined };

export function createSpeechMeasurement(model: ListedModel, language: string): SpeechMeasurement {
  return {
    ...{ stage: 'tts', model, language, ...nothing },
    ...{ firstByteMs: [], totalMs: [], speedFactors: [], comparisons: [], clips: [] },
  };
}

export function createRecognitionMeasurement(model: ListedModel, language: string): RecognitionMeasurement {
  return { stage: 'stt', model, language, ...nothing, totalMs: [], comparisons: [] };
}

export function createLanguageMeasurement(model: ListedModel): LanguageMeasurement {
  return {
    ...{ stage: 'llm', model, ...nothing },
    ...{ firstTokenMs: [], totalMs: [], tokensPerSecond: [], answersRight: [], toolCallsRight: [] },
  };
}

/** Makes a call that counts. Undefined when it failed; what no model is at fault for is thrown. */
export async function count<T>(
  measurement: Omit<Counted, 'model'>,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const answer = await call();
    measurement.calls += 1;
    return answer;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    measurement.calls += 1;
    measurement.failures += 1;
    measurement.lastFailure = error.message;
    return undefined;
  }
}

/** Makes a call that does not count: the first one finds connections and models cold. */
export async function warmUp(call: () => Promise<unknown>): Promise<void> {
  await count({ calls: 0, failures: 0, lastFailure: undefined }, call);
}

export function isHopeless({ calls, failures }: Omit<Counted, 'model'>): boolean {
  return failures >= FAILURES_TO_GIVE_UP && failures === calls;
}

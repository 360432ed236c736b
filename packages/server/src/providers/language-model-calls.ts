/**
 * Calls of the AI SDK's models as the platform wants them: every failure is a {@link ProviderError}, and an answer that
 * was cut off never looks like a finished one.
 */
import {
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4FinishReason,
  type LanguageModelV4GenerateResult,
  type LanguageModelV4StreamPart,
  TypeValidationError,
} from '@ai-sdk/provider';
import { errorFromLanguageModel } from './language-model-error.ts';
import { ProviderError } from './provider.ts';

export interface LanguageModelCall {
  /** For errors, e.g. `the answer of openai`. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Longest silence in the middle of an answer. Default 60 000: some think that long without a sign. */
  readonly idleMs?: number;
}

type Options = Omit<LanguageModelV4CallOptions, 'abortSignal'>;

const IDLE_MS = 60_000;

/**
 * The parts of an answer as they come, `finish` last. Tool calls come with it: packages complete the calls of a stream
 * that was cut off as if they were whole.
 * @throws {ProviderError}; an abort rejects with the signal's reason.
 */
export async function* streamLanguageModel(
  model: LanguageModelV4,
  options: Options,
  { what, signal, idleMs = IDLE_MS }: LanguageModelCall,
): AsyncGenerator<LanguageModelV4StreamPart> {
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  let failure: { readonly error: unknown } | undefined;
  // A cancelled reader gets the end at once, whatever its source does.
  const end = (error: unknown): void => {
    failure ??= { error };
    reader?.cancel(error).catch(() => {});
  };
  const onAbort = () => end(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  // Only the vendor's silence counts, not that of a slow reader.
  let isWaiting = false;
  const idle = setTimeout(() => {
    if (isWaiting) end(new ProviderError('timeout', `${what} stopped in the middle`));
  }, idleMs);
  try {
    signal.throwIfAborted();
    const { stream } = await model.doStream({ ...options, abortSignal: signal });
    reader = stream.getReader();
    let calls: LanguageModelV4StreamPart[] = [];
    let hasFinished = false;
    while (true) {
      isWaiting = true;
      idle.refresh();
      const { done, value } = await reader.read();
      isWaiting = false;
      if (failure !== undefined) throw failure.error;
      if (done) break;
      if (value.type === 'error') {
        if (isOfNewKind(value.error)) continue;
        throw value.error;
      }
      if (value.type === 'tool-call') {
        calls.push(value);
        continue;
      }
      if (value.type === 'finish') {
        if (isCutOff(value.finishReason)) throw new ProviderError('unavailable', `${what} broke off`);
        hasFinished = true;
        yield* calls;
        calls = [];
      }
      yield value;
    }
    if (!hasFinished) throw new ProviderError('unavailable', `${what} broke off`);
  } catch (error) {
    throw errorFromLanguageModel(error, what, signal);
  } finally {
    clearTimeout(idle);
    signal.removeEventListener('abort', onAbort);
    // Not awaited: a vendor that hangs would keep its reader waiting.
    reader?.cancel().catch(() => {});
  }
}

/**
 * A whole answer at once.
 * @throws {ProviderError} `empty` when it holds neither text nor a tool call; an abort rejects with the signal's reason.
 */
export async function generateWithLanguageModel(
  model: LanguageModelV4,
  options: Options,
  { what, signal }: LanguageModelCall,
): Promise<LanguageModelV4GenerateResult> {
  let result: LanguageModelV4GenerateResult;
  try {
    signal.throwIfAborted();
    result = await model.doGenerate({ ...options, abortSignal: signal });
  } catch (error) {
    throw errorFromLanguageModel(error, what, signal);
  }
  const { unified } = result.finishReason;
  if (unified === 'interrupted' || unified === 'error') {
    throw new ProviderError('unavailable', `${what} broke off`);
  }
  const hasOutput = result.content.some(
    (part) => part.type === 'tool-call' || (part.type === 'text' && part.text !== ''),
  );
  if (!hasOutput) throw new ProviderError('empty', `${what} held no output`);
  return result;
}

/** Vendors add kinds of events that are to be passed over. One of a known kind that cannot be read may hold output. */
function isOfNewKind(error: unknown): boolean {
  if (!TypeValidationError.isInstance(error)) return false;
  const { value } = error;
  if (typeof value !== 'object' || value === null || 'choices' in value || 'error' in value) return false;
  const type = 'type' in value ? value.type : undefined;
  return typeof type === 'string' && !/^(?:message_|content_block_|response\.|error$)/.test(type);
}

/** A vendor's own reason is always named; `other` without one is how some packages begin, until the end is seen. */
function isCutOff({ unified, raw }: LanguageModelV4FinishReason): boolean {
  return unified === 'interrupted' || unified === 'error' || (unified === 'other' && raw === undefined);
}

/** The answer of `POST …/llm/`: one line `data: {"status": "success", "sentence": "…"}` for each sentence. */
import { ChatFailure, oneLine } from './failure.ts';

/** More than any line may have; a server that sends no line break at all must not fill the memory. */
const MAX_LINE_CHARACTERS = 1_000_000;

/**
 * Yields the sentences, to be put together as they are. Empty and unreadable lines are passed over.
 * @throws {ChatFailure} when a line tells a failure.
 */
export async function* readAnswerLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield* sentenceOf(line);
    if (rest.length > MAX_LINE_CHARACTERS) {
      throw new ChatFailure(
        'not_understood',
        'The answer has a line without an end. Is it the right server?',
      );
    }
  }
  yield* sentenceOf(rest + decoder.decode());
}

function* sentenceOf(line: string): Generator<string> {
  const event = parse(/^\s*data:(.*)$/.exec(line)?.[1] ?? '');
  if (event === undefined) return;
  if (event['status'] !== 'success') {
    const reason = typeof event['reason'] === 'string' ? event['reason'] : 'the server gave no reason';
    throw new ChatFailure('answer_failed', oneLine(`The answer failed: ${reason}`));
  }
  if (typeof event['sentence'] === 'string') yield event['sentence'];
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

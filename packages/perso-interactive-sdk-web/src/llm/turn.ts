/**
 * One turn of a conversation: a request with the history and a new message, the streamed answer, the client tools it
 * asks for, and follow-up requests until the LLM has nothing more to ask.
 */

import { abortable } from '../abort.ts';
import type { ChatTool } from '../chat-tool.ts';
import { MAX_TOOL_ROUNDS } from '../constants.ts';
import { ApiError, LLMError, LLMStreamingResponseError } from '../errors.ts';
import { createLineSplitter, type LlmEvent, parseLlmLine, type ToolCall } from './line-stream.ts';

export type RequestLlm = (
  body: { messages: ReadonlyArray<object>; tools: ReadonlyArray<object> },
  signal: AbortSignal,
) => Promise<ReadableStreamDefaultReader<Uint8Array>>;

/** What happens in a turn, in order. */
export type TurnEvent =
  /** A piece of the answer, cleaned; possibly empty. */
  | { readonly type: 'piece'; readonly text: string }
  /** The pieces since the last text event, joined; never empty. They are one history entry. */
  | { readonly type: 'text'; readonly text: string }
  /** Everything one network read brought has been reported. */
  | { readonly type: 'read-end' }
  | { readonly type: 'tool-request'; readonly received: object[] }
  | { readonly type: 'tool-results'; readonly results: ReadonlyArray<ToolResult> }
  /** The turn succeeded; the entries belong into the history. An aborted turn ends without this event. */
  | { readonly type: 'complete'; readonly entries: ReadonlyArray<object> };

interface ToolResult {
  readonly toolCallId: string;
  readonly result: object;
  /** The result as JSON text; `undefined` when the tool returned nothing. */
  readonly content: string | undefined;
}

export interface TurnOptions {
  readonly message: string;
  readonly history: ReadonlyArray<object>;
  readonly tools: ReadonlyArray<ChatTool>;
  readonly requestLlm: RequestLlm;
  readonly signal: AbortSignal;
  /** What is kept of the text of an answer. */
  readonly clean: (text: string) => string;
  /** What the LLM is told when a tool throws or its arguments are not JSON. */
  readonly describeToolFailure: (error: unknown) => object;
}

/**
 * Runs a turn. Ends quietly when the signal fires.
 *
 * @throws {LLMError} when a request is refused, the answer breaks off or the LLM asks for tools too often.
 * @throws the original error when the network fails.
 */
export async function* runTurn(options: TurnOptions): AsyncGenerator<TurnEvent, void, undefined> {
  try {
    yield* runRounds(options);
  } catch (error) {
    if (options.signal.aborted) return;
    if (error instanceof ApiError || error instanceof LLMStreamingResponseError) throw new LLMError(error);
    throw error;
  }
}

async function* runRounds({
  message,
  history,
  tools,
  requestLlm,
  signal,
  clean,
  describeToolFailure,
}: TurnOptions): AsyncGenerator<TurnEvent, void, undefined> {
  const entries: object[] = [{ role: 'user', content: message }];
  const schemas = tools.map(toolSchema);

  for (let round = 0; round < MAX_TOOL_ROUNDS; round++) {
    let text = '';
    let calls: readonly ToolCall[] | undefined;
    const flush = function* (): Generator<TurnEvent> {
      if (text === '') return;
      const flushed = text;
      text = '';
      entries.push({ role: 'assistant', type: 'message', content: flushed });
      yield { type: 'text', text: flushed };
    };

    if (signal.aborted) return;
    const reader = await abortable(
      requestLlm({ messages: [...history, ...entries], tools: schemas }, signal),
      signal,
    );
    for await (const batch of readEvents(reader, signal)) {
      for (const event of batch()) {
        if (signal.aborted) return;
        if (event.type === 'text') {
          const piece = clean(event.text);
          text += piece;
          yield { type: 'piece', text: piece };
          continue;
        }
        yield* flush();
        if (event.type === 'other') continue;
        entries.push(event.entry);
        if (event.type === 'tool-request') {
          calls = event.calls;
          yield { type: 'tool-request', received: event.received };
        }
      }
      yield { type: 'read-end' };
    }
    yield* flush();

    if (calls === undefined) return yield { type: 'complete', entries };
    const outcome = await abortable(runTools(calls, tools, describeToolFailure), signal);
    for (const { toolCallId, content } of outcome.results) {
      entries.push({ role: 'tool', content, tool_call_id: toolCallId });
    }
    if (outcome.results.length > 0) yield { type: 'tool-results', results: outcome.results };
    if (!outcome.needsFollowUp) return yield { type: 'complete', entries };
  }
  throw new LLMStreamingResponseError(`Tool follow-up loop exceeded maximum rounds (${MAX_TOOL_ROUNDS})`);
}

/** The events of each network read. Lines are parsed one by one, so that those before a bad line still count. */
async function* readEvents(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<() => Generator<LlmEvent>, void, undefined> {
  const splitter = createLineSplitter();
  let finished = false;
  try {
    while (!finished) {
      const { done, value } = await abortable(reader.read(), signal);
      finished = done;
      const lines = value === undefined ? splitter.end() : splitter.push(value);
      yield function* (): Generator<LlmEvent> {
        for (const line of lines) yield parseLlmLine(line);
      };
    }
  } finally {
    if (!finished) reader.cancel().catch(() => undefined);
  }
}

async function runTools(
  calls: readonly ToolCall[],
  tools: ReadonlyArray<ChatTool>,
  describeFailure: (error: unknown) => object,
): Promise<{ results: ToolResult[]; needsFollowUp: boolean }> {
  // A name no client tool bears belongs to a remote tool, which the server runs.
  const known = calls.flatMap((call) => {
    const tool = tools.find((candidate) => candidate.name === call.name);
    return tool === undefined ? [] : [{ call, tool }];
  });
  const results = await Promise.all(
    known.map(async ({ call, tool }): Promise<ToolResult> => {
      const toolCallId = call.id;
      try {
        const result = await tool.call(JSON.parse(call.arguments));
        return { toolCallId, result, content: JSON.stringify(result) };
      } catch (error) {
        const result = describeFailure(error);
        return { toolCallId, result, content: JSON.stringify(result) };
      }
    }),
  );
  const mixed = known.length > 0 && known.length < calls.length;
  return { results, needsFollowUp: mixed || known.some(({ tool }) => !tool.executeOnly) };
}

function toolSchema(tool: ChatTool): object {
  return {
    type: 'function',
    function: { description: tool.description, name: tool.name, parameters: tool.parameters },
  };
}

/**
 * One turn of a conversation: a request with the history and a new message, the streamed answer, the client tools it
 * asks for, and follow-up requests until the LLM has nothing more to ask.
 */

import { abortable } from '../abort.ts';
import { requestLlm, type SessionAddress } from '../api/rest.ts';
import type { ChatTool } from '../chat-tool.ts';
import { MAX_TOOL_ROUNDS } from '../constants.ts';
import { ApiError, LLMError, LLMStreamingResponseError } from '../errors.ts';
import { createLineSplitter, type LlmEvent, parseLlmLine, type ToolCall } from './line-stream.ts';

/** What happens in a turn, in order. */
export type TurnEvent =
  /** A piece of the answer, cleaned; possibly empty. */
  | { readonly type: 'piece'; readonly text: string }
  /** The pieces since the last text event, joined; never empty. They are one history entry. */
  | { readonly type: 'text'; readonly text: string }
  /** Everything one network read brought has been reported. */
  | { readonly type: 'read-end' }
  /** The LLM asks for tools, as the server sent it. */
  | { readonly type: 'tool_call'; readonly tool_calls: object[] }
  | { readonly type: 'tool_result'; readonly tool_call_id: string; readonly result: object }
  /** The turn succeeded; the entries belong into the history. An aborted turn ends without this event. */
  | { readonly type: 'complete'; readonly entries: ReadonlyArray<object> };

interface ToolResult {
  readonly tool_call_id: string;
  readonly result: object;
  /** The result as JSON text; `undefined` when the tool returned nothing. */
  readonly content: string | undefined;
}

export interface TurnOptions {
  readonly session: SessionAddress;
  readonly message: string;
  readonly history: ReadonlyArray<object>;
  readonly tools: ReadonlyArray<ChatTool>;
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
  session,
  message,
  history,
  tools,
  signal,
  clean,
  describeToolFailure,
}: TurnOptions): AsyncGenerator<TurnEvent, void, undefined> {
  const entries: object[] = [{ role: 'user', content: message }];
  const schemas = tools.map(toolSchema);

  for (let round = 0; round < MAX_TOOL_ROUNDS; round++) {
    let text = '';
    let calls: readonly ToolCall[] | undefined;

    if (signal.aborted) return;
    const body = { messages: [...history, ...entries], tools: schemas };
    const reader = await abortable(requestLlm(session, body, signal), signal);
    for await (const event of readEvents(reader, signal)) {
      if (event.type === 'read-end') {
        yield event;
        continue;
      }
      if (signal.aborted) return;
      if (event.type === 'text') {
        const piece = clean(event.text);
        text += piece;
        yield { type: 'piece', text: piece };
        continue;
      }
      if (text !== '') {
        entries.push({ role: 'assistant', type: 'message', content: text });
        yield { type: 'text', text };
        text = '';
      }
      if (event.type === 'other') continue;
      entries.push(event.entry);
      if (event.type === 'tool-request') {
        calls = event.calls;
        yield { type: 'tool_call', tool_calls: event.received };
      }
    }

    if (calls === undefined) return yield { type: 'complete', entries };
    const { results, needsFollowUp } = await abortable(runTools(calls, tools, describeToolFailure), signal);
    for (const { tool_call_id, result, content } of results) {
      entries.push({ role: 'tool', content, tool_call_id });
      yield { type: 'tool_result', tool_call_id, result };
    }
    if (!needsFollowUp) return yield { type: 'complete', entries };
  }
  throw new LLMStreamingResponseError(`Tool follow-up loop exceeded maximum rounds (${MAX_TOOL_ROUNDS})`);
}

/**
 * The events of an answer, and the end of each network read. Lines are parsed one by one, so that those before a bad
 * line still count. The end of the answer ends its text, like any event that is none.
 */
async function* readEvents(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<LlmEvent | { readonly type: 'read-end' }, void, undefined> {
  const splitter = createLineSplitter();
  let finished = false;
  try {
    while (!finished) {
      const { done, value } = await abortable(reader.read(), signal);
      finished = done;
      for (const line of value === undefined ? splitter.end() : splitter.push(value))
        yield parseLlmLine(line);
      yield { type: 'read-end' };
    }
    yield { type: 'other' };
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
    known.map(async ({ call, tool }) => {
      const toResult = (result: object): ToolResult => {
        return { tool_call_id: call.id, result, content: JSON.stringify(result) };
      };
      try {
        return toResult(await tool.call(JSON.parse(call.arguments)));
      } catch (error) {
        return toResult(describeFailure(error));
      }
    }),
  );
  const mixed = known.length > 0 && known.length < calls.length;
  return { results, needsFollowUp: mixed || known.some(({ tool }) => !tool.executeOnly) };
}

function toolSchema({ description, name, parameters }: ChatTool): object {
  return { type: 'function', function: { description, name, parameters } };
}

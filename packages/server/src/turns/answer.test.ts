import type { LlmEvent, ToolSchema } from '@visavox/contract';
import { describe, expect, test } from 'vitest';
import { type AnswerRequest, answer, type RemoteTools, ToolRoundsError } from './answer.ts';
import { createScriptedModel, type ScriptedPart } from './testing.ts';

const never = () => new AbortController().signal;
const clientTool = (name: string): ToolSchema => ({
  type: 'function',
  function: { name, description: '', parameters: { type: 'object' } },
});

function createRemote(names: readonly string[], run = async (name: string) => `${name} done`) {
  const called: string[] = [];
  const remoteTools: RemoteTools = {
    list: names.map((name) => ({ name, description: `${name}!`, parameters: { type: 'object' } })),
    call: (name, input) => {
      called.push(`${name} ${input}`);
      return run(name);
    },
  };
  return { remoteTools, called };
}

async function ask(rounds: readonly (readonly ScriptedPart[])[], overrides: Partial<AnswerRequest> = {}) {
  const { model, asked } = createScriptedModel(rounds);
  const events: LlmEvent[] = [];
  const request = {
    model,
    systemPrompt: '',
    messages: [{ role: 'user' as const, content: 'Hi' }],
    clientTools: [],
    ...overrides,
  };
  for await (const event of answer(request, { signal: never() })) events.push(event);
  return { events, asked };
}

const kinds = (events: readonly LlmEvent[]) => events.map(({ type }) => type);

describe('tool rounds', () => {
  // keeps: perso-4.2.2-remote-only, perso-4.2.2-order
  test('when every call is remote the answer goes on in the same stream', async () => {
    const { remoteTools, called } = createRemote(['weather']);
    const { events, asked } = await ask(
      [['Let me look.', { call: 'weather', id: 'c1', input: { city: 'Seoul' } }], ['It is sunny.']],
      { remoteTools },
    );
    expect(kinds(events)).toEqual(['message', 'tool_call', 'tool_result', 'message', 'finish']);
    expect(events[2]).toEqual({ type: 'tool_result', toolCallId: 'c1', content: 'weather done' });
    expect(called).toEqual(['weather {"city":"Seoul"}']);
    const roles = asked[1]?.prompt.map(({ role }) => role);
    expect(roles).toEqual(['user', 'assistant', 'tool']);
    expect(asked[0]?.tools?.map(({ name }) => name)).toEqual(['weather']);
  });

  // keeps: perso-4.2.2-client-call
  test('when a call is the client’s the stream ends after the remote results', async () => {
    const { remoteTools, called } = createRemote(['weather']);
    const { events, asked } = await ask(
      [
        [
          { call: 'show_map', id: 'c1' },
          { call: 'weather', id: 'c2' },
        ],
        ['never asked'],
      ],
      { remoteTools, clientTools: [clientTool('show_map')] },
    );
    expect(kinds(events)).toEqual(['tool_call', 'tool_result', 'finish']);
    expect(events[0]).toMatchObject({ toolCalls: [{ id: 'c1' }, { id: 'c2' }] });
    expect(events[1]).toMatchObject({ toolCallId: 'c2' });
    expect(called).toEqual(['weather {}']);
    expect(asked).toHaveLength(1);
  });

  test('only client calls: nothing is run here', async () => {
    const { remoteTools, called } = createRemote(['weather']);
    const { events } = await ask([[{ call: 'show_map', id: 'c1' }]], {
      remoteTools,
      clientTools: [clientTool('show_map')],
    });
    expect(kinds(events)).toEqual(['tool_call', 'finish']);
    expect(called).toEqual([]);
  });

  test('of two tools with one name the client’s counts, and it is offered once', async () => {
    const { remoteTools, called } = createRemote(['both']);
    const { events, asked } = await ask([[{ call: 'both', id: 'c1' }]], {
      remoteTools,
      clientTools: [clientTool('both')],
    });
    expect(kinds(events)).toEqual(['tool_call', 'finish']);
    expect(called).toEqual([]);
    expect(asked[0]?.tools).toHaveLength(1);
  });

  test('a tool that nobody offers fails for the model, which then answers', async () => {
    const { events } = await ask([[{ call: 'invented', id: 'c1' }], ['Sorry.']]);
    expect(kinds(events)).toEqual(['tool_call', 'tool_result', 'message', 'finish']);
    expect(events[1]).toMatchObject({ content: '{"error":"There is no tool named invented."}' });
  });

  test('results come in the order of the calls, however long each takes', async () => {
    const delays: Record<string, number> = { slow: 30, quick: 0 };
    const { remoteTools } = createRemote(['slow', 'quick'], async (name) => {
      await new Promise((resolve) => setTimeout(resolve, delays[name]));
      return name;
    });
    const { events } = await ask(
      [
        [
          { call: 'slow', id: 'c1' },
          { call: 'quick', id: 'c2' },
        ],
        ['Done.'],
      ],
      { remoteTools },
    );
    expect(events.filter(({ type }) => type === 'tool_result')).toMatchObject([
      { content: 'slow' },
      { content: 'quick' },
    ]);
  });

  test('a model that never stops asking is stopped after ten requests', async () => {
    const { remoteTools, called } = createRemote(['again']);
    await expect(ask([[{ call: 'again', id: 'c' }]], { remoteTools })).rejects.toBeInstanceOf(
      ToolRoundsError,
    );
    expect(called).toHaveLength(10);
  });

  test('an abort while a tool runs ends the answer', async () => {
    const abort = new AbortController();
    const { model } = createScriptedModel([[{ call: 'slow', id: 'c1' }]]);
    const events = answer(
      {
        model,
        systemPrompt: '',
        messages: [{ role: 'user', content: 'Hi' }],
        clientTools: [],
        remoteTools: {
          list: [{ name: 'slow', description: '', parameters: {} }],
          call: (_name, _input, { signal }) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason), { once: true });
              abort.abort(new Error('given up'));
            }),
        },
      },
      { signal: abort.signal },
    );
    await expect(
      (async () => {
        for await (const _ of events);
      })(),
    ).rejects.toThrow('given up');
  });
});

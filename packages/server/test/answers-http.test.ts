/** The line grammar of answers, byte by byte on real ones: with client tools, tools of a published server, and both. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startTestServer } from '../src/testing.ts';
import { startMcpServer, type TestMcpServer } from './mcp-server.ts';
import { createPersoClient, errorOf, linesOf, type PersoClient } from './perso-client.ts';
import { createScriptedVendor, text, toolCall } from './scripted-providers.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

const vendor = createScriptedVendor();
const originalScript = { ...vendor.script };
let server: RunningServer;
let client: PersoClient;

beforeAll(async () => {
  server = await startTestServer({
    providers: [vendor.provider],
    environment: { VISAVOX_PRIVATE_URLS: 'allow' },
  });
  client = await createPersoClient(server);
});
afterAll(() => server?.close());
afterEach(() => {
  Object.assign(vendor.script, originalScript);
  vendor.calls.length = 0;
});

/** What every answer of v2 keeps to, whatever is in it. */
function checkEvents(events: readonly Json[]): void {
  for (const event of events) {
    expect(event.status).toBe('success');
    if (event.type === 'message')
      expect(event).toEqual({
        status: 'success',
        type: 'message',
        role: 'assistant',
        content: expect.any(String),
      });
    else if (event.type === 'tool_call' && event.role === 'tool') {
      expect(event).toEqual({
        status: 'success',
        type: 'tool_call',
        role: 'tool',
        content: expect.any(String),
        tool_call_id: expect.any(String),
      });
    } else if (event.type === 'tool_call') {
      expect(['string', 'object']).toContain(typeof event.content);
      for (const call of event.tool_calls) {
        expect(call).toEqual({
          id: expect.any(String),
          type: 'function',
          function: { name: expect.any(String), arguments: expect.any(String) },
        });
      }
    } else expect(event).toEqual({ status: 'success', type: 'finish' });
  }
  expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1);
  expect(events.at(-1)).toEqual({ status: 'success', type: 'finish' });
}
const kinds = (events: readonly Json[]) =>
  events.map(({ type, role }) => (role === 'tool' ? 'result' : type));

const clientTool = (name: string) => ({
  type: 'function',
  function: {
    description: `Does ${name}`,
    name,
    parameters: { type: 'object', properties: { number: { type: 'number' } } },
  },
});

/** The answers of the model, one for each request. */
const answers = (...rounds: ReturnType<typeof vendor.script.answer>[]): void => {
  vendor.script.answer = () => rounds.shift() ?? [text('Nothing more.')];
};
/** What the model was asked last: roles, and the contents as JSON. */
const lastPrompt = () => vendor.calls.at(-1)?.prompt ?? [];
const rolesOf = (prompt: ReturnType<typeof lastPrompt>) =>
  prompt.map(({ role }) => role).filter((role) => role !== 'system');

describe('answers of version 2', () => {
  const ask = (id: string, body: object) => client.post(`session/${id}/llm/v2/`, body);
  const user = (content: string) => ({ role: 'user', content });

  // keeps: perso-4.2.1-prefix, perso-4.2.1-no-blank, perso-4.2.1-json, perso-4.2.1-status, perso-4.2.1-content
  // keeps: perso-4.2.1-line-end, perso-4.2.1-finish, perso-4.2.2-message
  test.each<[string, string[]]>([
    ['sentences in tokens', ['Hel', 'lo there. How', ' are you? I am', ' fine.']],
    ['line feeds', ['One.\nTwo.\r\n\r\nThree.\n\n']],
    ['separators, quotes and backslashes', ['A \u2028 B "quoted" \\ C. data: {"x":1} D.']],
    ['characters of four bytes, cut between', ['한국어 ', '😀', ' 문장입니다. ', '👩‍👩‍👧 또.']],
    ['nothing', []],
    ['white space', ['  ', '\n']],
  ])('%s keep the grammar and the text', async (_, tokens) => {
    answers(tokens.map(text));
    const events = await linesOf(await ask(await client.open(), { messages: [user('Hi')], tools: [] }));
    checkEvents(events);
    const said = events.filter(({ type }) => type === 'message').map(({ content }) => content);
    expect(said.join('').trim()).toBe(tokens.join('').trim());
  });

  // keeps: perso-4.2.2-message
  test('units are sentences, with the space before them', async () => {
    answers([text('One. T'), text('wo! Three? F'), text('our')]);
    const events = await linesOf(await ask(await client.open(), { messages: [user('Hi')], tools: [] }));
    expect(events.slice(0, -1).map(({ content }) => content)).toEqual(['One.', ' Two!', ' Three?', ' Four']);
  });

  // keeps: perso-4.2-stateless
  test('nothing is remembered from one request to the next', async () => {
    const id = await client.open();
    await linesOf(await ask(id, { messages: [user('My name is Ann.')], tools: [] }));
    await linesOf(await ask(id, { messages: [user('Who am I?')], tools: [] }));
    expect(JSON.stringify(lastPrompt())).not.toContain('Ann');
    expect(rolesOf(lastPrompt())).toEqual(['user']);
  });

  // keeps: perso-4.2-no-tools, perso-4.2-tool-schema
  test('tools reach the model as they were described, and missing ones are none', async () => {
    const id = await client.open();
    for (const body of [{ messages: [user('Hi')] }, { messages: [user('Hi')], tools: [] }]) {
      checkEvents(await linesOf(await ask(id, body)));
      expect(vendor.calls.at(-1)?.tools ?? []).toEqual([]);
    }
    checkEvents(await linesOf(await ask(id, { messages: [user('Hi')], tools: [clientTool('square')] })));
    expect(vendor.calls.at(-1)?.tools).toMatchObject([
      {
        type: 'function',
        name: 'square',
        description: 'Does square',
        inputSchema: { properties: { number: { type: 'number' } } },
      },
    ]);
  });

  // keeps: perso-4.2-two-users, perso-4.2-leading-assistant, perso-4.2-foreign, perso-4.2-client-result, perso-4.2-any-order
  test.each<[string, object[], string[]]>([
    [
      'an assistant that speaks first',
      [{ role: 'assistant', type: 'message', content: 'Welcome.' }, user('Hi')],
      ['assistant', 'user'],
    ],
    ['two messages in a row, after a turn that was given up', [user('A'), user('B')], ['user', 'user']],
    [
      'plain messages of others',
      [{ role: 'system', content: 'Be kind.' }, user('A'), { role: 'assistant', content: 'B' }, user('C')],
      ['user', 'assistant', 'user'],
    ],
    [
      'results in another order, one without content',
      [
        user('A'),
        {
          role: 'assistant',
          type: 'tool_call',
          content: null,
          tool_calls: ['1', '2'].map((id) => ({
            id,
            type: 'function',
            function: { name: `f${id}`, arguments: '{}' },
          })),
        },
        { role: 'tool', tool_call_id: '2' },
        { role: 'tool', type: 'tool_call', content: 'one', tool_call_id: '1' },
      ],
      ['user', 'assistant', 'tool', 'tool'],
    ],
  ])('%s is taken', async (_, messages, roles) => {
    checkEvents(await linesOf(await ask(await client.open(), { messages, tools: [] })));
    expect(rolesOf(lastPrompt())).toEqual(roles);
  });

  // keeps: perso-4.2-refusal, perso-1.2-json-errors, perso-1.3-body
  test('what is refused has an error body and no stream', async () => {
    const response = await ask(await client.open(), { messages: [] });
    expect(response.headers.get('content-type')).toContain('application/json');
    const body: Json = await response.clone().json();
    expect(await errorOf(response)).toBe('400 blank messages');
    expect(body).toEqual({
      type: 'validation_error',
      errors: [{ code: 'blank', detail: expect.any(String), attr: 'messages' }],
      code: 'blank',
      detail: expect.any(String),
    });
  });

  // keeps: perso-4.2.4-fail, perso-1.3-server-fault
  test('a failure after the first sentence is one last line, and nothing of the inside', async () => {
    vendor.script.answer = async function* () {
      yield text('So far. So good. And');
      throw new Error('secret');
    };
    const events = await linesOf(await ask(await client.open(), { messages: [user('Hi')], tools: [] }));
    expect(events.slice(0, -1).every(({ type, status }) => type === 'message' && status === 'success')).toBe(
      true,
    );
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)).toEqual({ status: 'fail', reason: expect.stringMatching(/./) });
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  /** A client as the generations C and N are: it owns the history, runs its tools and follows up by their rule. */
  function createConversation(
    sessionId: string,
    tools: Readonly<Record<string, { executeOnly?: boolean; result?: object }>>,
  ) {
    const history: object[] = [];
    const requests: Json[][] = [];
    return {
      requests,
      async say(message: string): Promise<void> {
        const turn: Json[] = [user(message)];
        for (let round = 0; round < 10; round += 1) {
          const body = { messages: [...history, ...turn], tools: Object.keys(tools).map(clientTool) };
          const events = await linesOf(await ask(sessionId, body));
          checkEvents(events);
          requests.push(events);
          let pending: Json;
          let said = '';
          for (const { status: _, ...event } of events) {
            if (event.type === 'message') said += event.content;
            else {
              if (said !== '') turn.push({ role: 'assistant', type: 'message', content: said });
              said = '';
              if (event.type === 'tool_call') turn.push(event);
              if (event.tool_calls !== undefined) pending = event;
            }
          }
          const own = (pending?.tool_calls ?? []).filter(({ function: { name } }: Json) => name in tools);
          for (const call of own) {
            const result = tools[call.function.name]?.result;
            turn.push({ role: 'tool', content: JSON.stringify(result), tool_call_id: call.id });
          }
          const isMixed = own.length > 0 && own.length < pending.tool_calls.length;
          if (!isMixed && !own.some(({ function: { name } }: Json) => tools[name]?.executeOnly !== true))
            break;
        }
        history.push(...turn);
      },
    };
  }

  // keeps: perso-4.2.3-client, perso-4.2.2-tool-call, perso-4.2-echo
  test('client tools: the request, the follow-up, and the next message', async () => {
    const conversation = createConversation(await client.open(), {
      square: { result: { result: 49 } },
      root: { result: { result: 7 } },
    });
    answers(
      [text('Let me see. '), toolCall('c1', 'square', { number: 7 }), toolCall('c2', 'root', { number: 49 })],
      [text('It is 49.')],
      [text('You are welcome.')],
    );
    await conversation.say('What is 7 squared?');
    expect(conversation.requests.map(kinds)).toEqual([
      ['message', 'tool_call', 'finish'],
      ['message', 'finish'],
    ]);
    expect(conversation.requests[0]?.[1]).toMatchObject({
      tool_calls: [
        { id: 'c1', function: { name: 'square', arguments: '{"number":7}' } },
        { id: 'c2', function: { name: 'root', arguments: '{"number":49}' } },
      ],
    });
    expect(rolesOf(lastPrompt())).toEqual(['user', 'assistant', 'assistant', 'tool', 'tool']);
    expect(JSON.stringify(lastPrompt())).toContain('49');
    await conversation.say('Thanks');
    expect(rolesOf(lastPrompt()).slice(2)).toEqual(['assistant', 'tool', 'tool', 'assistant', 'user']);
  });

  // keeps: perso-4.2.3-unfinished
  test('only executeOnly tools: no follow-up, and the next message is answered', async () => {
    const conversation = createConversation(await client.open(), {
      show_map: { executeOnly: true, result: {} },
    });
    answers([toolCall('c1', 'show_map', {})], [text('Anything else?')]);
    await conversation.say('Show me the map');
    expect(conversation.requests).toHaveLength(1);
    await conversation.say('Good');
    expect(conversation.requests[1]?.[0]).toMatchObject({ content: 'Anything else?' });
    expect(rolesOf(lastPrompt())).toEqual(['user', 'assistant', 'tool', 'user']);
  });

  // keeps: perso-4.2.3-unfinished
  test('a tool request whose results never came does not disturb the next message', async () => {
    const id = await client.open();
    answers([toolCall('c1', 'show_map', {})]);
    const [{ status: _, ...request }] = await linesOf(
      await ask(id, { messages: [user('A')], tools: [clientTool('show_map')] }),
    );
    checkEvents(await linesOf(await ask(id, { messages: [user('A'), request, user('B')], tools: [] })));
    expect(rolesOf(lastPrompt())).toEqual(['user', 'user']);
  });

  describe('with a tool server', () => {
    let mcp: TestMcpServer;
    let mcpId: string;
    beforeAll(async () => {
      mcp = await startMcpServer('streamableHttp');
      ({ mcpserver_id: mcpId } = await client.manage('POST', 'mcp-servers', {
        name: 'Everything',
        url: mcp.url,
      }));
    });
    afterAll(() => mcp?.close());

    // keeps: perso-4.2.2-remote-only, perso-4.2.2-tool-result, perso-4.2.2-order
    test('only remote calls: results and the rest of the answer come in the same stream', async () => {
      const conversation = createConversation(await client.open({ mcp_servers: [mcpId] }), {});
      answers(
        [
          text('Adding. '),
          toolCall('c1', 'get-sum', { a: 2, b: 40 }),
          toolCall('c2', 'echo', { message: '안녕\nthere' }),
        ],
        [text('That makes 42.')],
        [text('Bye.')],
      );
      await conversation.say('Add');
      expect(conversation.requests.map(kinds)).toEqual([
        ['message', 'tool_call', 'result', 'result', 'message', 'finish'],
      ]);
      const [, request, first, second] = conversation.requests[0] ?? [];
      expect(request.tool_calls.map(({ id }: Json) => id)).toEqual(['c1', 'c2']);
      expect(first).toMatchObject({ tool_call_id: 'c1', content: expect.stringContaining('42') });
      expect(second).toMatchObject({ tool_call_id: 'c2', content: expect.stringContaining('안녕') });
      await conversation.say('Bye');
      expect(rolesOf(lastPrompt()).slice(2)).toEqual(['assistant', 'tool', 'tool', 'assistant', 'user']);
    });

    // keeps: perso-4.2.2-client-call, perso-4.2.3-mixed, perso-4.2-echo
    test.each([false, true])(
      'a mixed round ends after the remote results, and its follow-up has both (executeOnly: %s)',
      async (executeOnly) => {
        const conversation = createConversation(await client.open({ mcp_servers: [mcpId] }), {
          square: { executeOnly, result: { result: 49 } },
        });
        answers(
          [toolCall('c1', 'square', { number: 7 }), toolCall('c2', 'get-sum', { a: 20, b: 3 })],
          [text('49 and 23.')],
        );
        await conversation.say('Both');
        expect(conversation.requests.map(kinds)).toEqual([
          ['tool_call', 'result', 'finish'],
          ['message', 'finish'],
        ]);
        expect(conversation.requests[0]?.[0].content).toBeNull();
        const results = JSON.stringify(lastPrompt().slice(-2));
        expect(rolesOf(lastPrompt())).toEqual(['user', 'assistant', 'tool', 'tool']);
        expect(results).toContain('49');
        expect(results).toContain('23');
      },
    );
  });
});

describe('answers of version 1', () => {
  const ask = (id: string, body: object) => client.post(`session/${id}/llm/`, body);

  // keeps: perso-4.1-lines, perso-4.1-spaces, perso-4.1-status
  test('are one line for each sentence and nothing else, in plain text', async () => {
    answers([text('First sentence. Sec'), text('ond "one".\nThird')]);
    const response = await ask(await client.open(), { message: 'Hi', clear_history: false });
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const lines = await linesOf(response);
    for (const line of lines) expect(line).toEqual({ status: 'success', sentence: expect.any(String) });
    expect(lines.map(({ sentence }) => sentence).join('')).toBe('First sentence. Second "one".\nThird');
    expect(lines[1].sentence).toBe(' Second "one".');
  });

  // keeps: perso-4.1-history, perso-4.1-clear
  test('the session keeps the history, until it is cleared; the flag may be missing', async () => {
    const id = await client.open();
    await linesOf(await ask(id, { message: 'My name is Ann.' }));
    await linesOf(await ask(id, { message: 'Who am I?', clear_history: false }));
    expect(rolesOf(lastPrompt())).toEqual(['user', 'assistant', 'user']);
    expect(JSON.stringify(lastPrompt())).toContain('Ann');
    await linesOf(await ask(id, { message: 'And now?', clear_history: true }));
    expect(rolesOf(lastPrompt())).toEqual(['user']);
    await linesOf(await ask(id, { message: 'Still?' }));
    expect(rolesOf(lastPrompt())).toEqual(['user', 'assistant', 'user']);
  });

  // keeps: perso-4.1-failure
  test('a failure is a last line with its reason', async () => {
    vendor.script.answer = async function* () {
      yield text('So far. And');
      throw new Error('secret');
    };
    const lines = await linesOf(await ask(await client.open(), { message: 'Hi' }));
    expect(lines).toEqual([
      { status: 'success', sentence: 'So far.' },
      { status: 'fail', reason: expect.stringMatching(/./) },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});

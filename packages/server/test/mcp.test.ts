/** The tools of a published MCP server, and of servers that are slow, broken, lying or gone. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createGuardedFetch } from '../src/outbound/guarded-fetch.ts';
import { checkMcpServer, createToolbox, type McpServerDescription, type Toolbox } from '../src/tools/mcp.ts';
import { startMcpServer, type TestMcpServer } from './mcp-server.ts';

const outbound = createGuardedFetch({ allowPrivate: true, maxResponseBytes: 1024 * 1024 });
const problems: object[] = [];
let nowMs = 0;
const options = {
  fetch: outbound.fetch,
  now: () => nowMs,
  log: { warn: (fields: object) => void problems.push(fields) },
};
const describeServer = (url: string, changes: Partial<McpServerDescription> = {}): McpServerDescription => ({
  id: 'mcp-1',
  name: 'Everything',
  url,
  transport: 'streamable_http',
  timeoutMs: 3000,
  headers: {},
  ...changes,
});
const never = () => new AbortController().signal;

const opened: Toolbox[] = [];
const open = (...servers: McpServerDescription[]): Toolbox => {
  const toolbox = createToolbox(servers, options);
  opened.push(toolbox);
  return toolbox;
};
afterEach(async () => {
  for (const toolbox of opened.splice(0)) await toolbox.close();
  problems.length = 0;
});
afterAll(() => outbound.close());

describe.each(['streamableHttp', 'sse'] as const)('a published server over %s', (transport) => {
  let server: TestMcpServer;
  const description = (changes: Partial<McpServerDescription> = {}) =>
    describeServer(server.url, {
      transport: transport === 'sse' ? 'sse' : 'streamable_http',
      ...changes,
    });
  beforeAll(async () => {
    server = await startMcpServer(transport);
  });
  afterAll(() => server?.close());

  test('its tools are listed with schemas, and run', async () => {
    const toolbox = open(description());
    const tools = await toolbox.listTools({ signal: never() });
    const sum = tools.find(({ name }) => name === 'get-sum');
    expect(sum?.parameters).toMatchObject({ type: 'object', properties: { a: { type: 'number' } } });
    expect(await toolbox.callTool('get-sum', '{"a":2,"b":40}', { signal: never() })).toContain('42');
    expect(await toolbox.callTool('echo', '{"message":"안녕"}', { signal: never() })).toContain('안녕');
    expect(problems).toEqual([]);
  });

  test('wrong arguments and unknown tools become results that say so', async () => {
    const toolbox = open(description());
    await toolbox.listTools({ signal: never() });
    expect(await toolbox.callTool('get-sum', '{"a":"two"}', { signal: never() })).toContain('error');
    expect(await toolbox.callTool('get-sum', '{nonsense', { signal: never() })).toBe(
      '{"error":"The arguments are not valid JSON."}',
    );
    expect(await toolbox.callTool('no-such-tool', '{}', { signal: never() })).toContain('no tool named');
  });

  test('pictures and resources are named, not copied', async () => {
    const toolbox = open(description());
    await toolbox.listTools({ signal: never() });
    const result = await toolbox.callTool('get-tiny-image', '{}', { signal: never() });
    expect(result).toContain('[image of type image/png]');
    expect(result.length).toBeLessThan(1000);
  });

  test('a call that is slower than its limit fails alone, and an abort ends it at once', async () => {
    const toolbox = open(description({ timeoutMs: 700 }));
    await toolbox.listTools({ signal: never() });
    const slow = toolbox.callTool('trigger-long-running-operation', '{"duration":20,"steps":40}', {
      signal: never(),
    });
    expect(await toolbox.callTool('get-sum', '{"a":1,"b":1}', { signal: never() })).toContain('2');
    expect(await slow).toContain('The tool server failed');
    const abort = new AbortController();
    const aborted = toolbox.callTool('trigger-long-running-operation', '{"duration":20,"steps":2}', {
      signal: abort.signal,
    });
    abort.abort(new Error('given up'));
    await expect(aborted).rejects.toThrow('given up');
  });

  test('a server that dies in a call costs that call; when it is back it works again', async () => {
    const toolbox = open(description());
    await toolbox.listTools({ signal: never() });
    const call = toolbox.callTool('trigger-long-running-operation', '{"duration":20,"steps":2}', {
      signal: never(),
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await server.kill();
    expect(await call).toContain('The tool server failed');
    expect(await toolbox.callTool('get-sum', '{"a":1,"b":1}', { signal: never() })).toContain('failed');
    nowMs += 61_000;
    expect(await toolbox.listTools({ signal: never() })).toEqual([]);
    await server.restart();
    nowMs += 16_000;
    expect((await toolbox.listTools({ signal: never() })).length).toBeGreaterThan(3);
    expect(await toolbox.callTool('get-sum', '{"a":20,"b":3}', { signal: never() })).toContain('23');
  });

  test('it is shut twice without a complaint, and lists nothing afterwards', async () => {
    const toolbox = open(description());
    await toolbox.listTools({ signal: never() });
    await toolbox.close();
    await toolbox.close();
    expect(await toolbox.listTools({ signal: never() })).toEqual([]);
  });
});

test('two servers with tools of the same name: the second gets its name in front', async () => {
  const server = await startMcpServer('streamableHttp');
  try {
    const toolbox = open(
      describeServer(server.url),
      describeServer(server.url, { id: 'mcp-2', name: 'My second' }),
    );
    const names = (await toolbox.listTools({ signal: never() })).map(({ name }) => name);
    expect(names).toContain('echo');
    expect(names).toContain('My_second_echo');
    expect(await toolbox.callTool('My_second_echo', '{"message":"x"}', { signal: never() })).toContain('x');
  } finally {
    await server.close();
  }
});

describe('a server that', () => {
  let respond: http.RequestListener;
  let url: string;
  const server = http.createServer((request, response) => respond(request, response));
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Speaks the protocol by hand, with a given answer to `tools/list` and `tools/call`. */
  const speak = (answers: Readonly<Record<string, unknown>>): http.RequestListener => {
    return (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method !== 'POST') {
          response.writeHead(405).end();
          return;
        }
        const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as {
          id?: number;
          method: string;
        };
        if (id === undefined) {
          response.writeHead(202).end();
          return;
        }
        const result =
          method === 'initialize'
            ? {
                protocolVersion: '2025-06-18',
                capabilities: { tools: {} },
                serverInfo: { name: 'scripted', version: '1' },
              }
            : answers[method];
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      });
    };
  };
  const tool = (name: string, inputSchema: object = { type: 'object' }) => ({ name, inputSchema });

  test.each<[string, http.RequestListener]>([
    ['never answers', () => {}],
    ['answers 500', (_request, response) => response.writeHead(500).end('secret details')],
    ['answers with something else', (_request, response) => response.writeHead(200).end('<html>')],
    ['closes the connection', (request) => request.destroy()],
    [
      'sends without end',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('%s has no tools and is not waited for', async (_name, listener) => {
    respond = listener;
    const toolbox = open(describeServer(url, { timeoutMs: 600 }));
    const startedMs = performance.now();
    expect(await toolbox.listTools({ signal: never() })).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(3000);
    expect(problems).toHaveLength(1);
    const again = performance.now();
    expect(await toolbox.listTools({ signal: never() })).toEqual([]);
    expect(performance.now() - again, 'not asked again at once').toBeLessThan(100);
  });

  test('lies about its tools is believed only as far as it can be used', async () => {
    const huge = { type: 'object', description: 'x'.repeat(20_000) };
    respond = speak({
      'tools/list': { tools: [tool('good'), tool('bad name!/\\'), tool('huge', huge), tool('')] },
      'tools/call': { content: [{ type: 'text', text: 'y'.repeat(100_000) }] },
    });
    const toolbox = open(describeServer(url));
    const names = (await toolbox.listTools({ signal: never() })).map(({ name }) => name);
    expect(names).toEqual(['good', 'bad_name___']);
    const result = await toolbox.callTool('good', '{}', { signal: never() });
    expect(result.length).toBeLessThan(70_000);
  });

  test('answers a call with nonsense makes that call fail', async () => {
    respond = speak({ 'tools/list': { tools: [tool('good')] }, 'tools/call': { content: 'no list' } });
    const toolbox = open(describeServer(url));
    await toolbox.listTools({ signal: never() });
    expect(await toolbox.callTool('good', '{}', { signal: never() })).toContain('The tool server failed');
  });

  test('needs a header gets it, and the check for operators tells what is wrong', async () => {
    const seen: (string | undefined)[] = [];
    const speaking = speak({ 'tools/list': { tools: [tool('good')] } });
    respond = (request, response) => {
      seen.push(request.headers.authorization);
      speaking(request, response);
    };
    const found = await checkMcpServer(
      describeServer(url, { headers: { authorization: 'Bearer x' } }),
      options,
    );
    expect(found).toMatchObject({ problem: null, tools: [{ name: 'good' }] });
    expect(new Set(seen)).toEqual(new Set(['Bearer x']));
    respond = (_request, response) => response.writeHead(401).end();
    const refused = await checkMcpServer(describeServer(url), options);
    expect(refused.problem).toMatch(/401|Unauthorized/i);
  });

  test('stands in the private network is refused without the switch', async () => {
    respond = speak({ 'tools/list': { tools: [tool('good')] } });
    const guarded = createGuardedFetch({ allowPrivate: false, maxResponseBytes: 1000 });
    const found = await checkMcpServer(describeServer(url), { ...options, fetch: guarded.fetch });
    expect(found.tools).toEqual([]);
    expect(found.problem).toContain('VISAVOX_PRIVATE_URLS');
    await guarded.close();
  });
});

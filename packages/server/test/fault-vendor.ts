/** A vendor on loopback that breaks in every way that vendors break: an OpenAI-compatible server with a chosen fault. */
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';

export const FAULTS = [
  '401',
  '402',
  '429 before the first byte',
  '429 after the first byte',
  '500',
  'refused',
  'TLS failure',
  'hang',
  'slow drip',
  'cut in mid-chunk',
  'cut after some output',
  'empty',
  'all-zero audio',
  'wrong sample rate',
  'truncated JSON',
  'tool call only',
  'garbage events',
  'closes without its last event',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultVendor {
  /** The address to use for a fault; up to and with the version. */
  baseUrlFor(fault: Fault): string;
  close(): Promise<void>;
}

const DRIP_MS = 25;

export async function startFaultVendor(): Promise<FaultVendor> {
  const drips = new Set<NodeJS.Timeout>();
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const [, faultName = '', ...path] = decodeURIComponent(request.url ?? '').split('/');
    const fault = FAULTS.find((one) => one === faultName);
    const call = path.join('/');
    const kind = call.endsWith('chat/completions') ? 'llm' : call.endsWith('speech') ? 'tts' : 'stt';
    if (fault !== undefined) misbehave(fault, kind, response, drips);
  });
  // Speaks no TLS, and says so at once.
  const plain = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n', () => socket.destroy());
  });
  const closed = createTcpServer();
  const [port, plainPort, closedPort] = await Promise.all([server, plain, closed].map(listen));
  await new Promise<void>((resolve) => closed.close(() => resolve()));
  return {
    baseUrlFor(fault) {
      if (fault === 'refused') return `http://127.0.0.1:${closedPort}/v1`;
      if (fault === 'TLS failure') return `https://127.0.0.1:${plainPort}/v1`;
      return `http://127.0.0.1:${port}/${encodeURIComponent(fault)}/v1`;
    },
    async close() {
      for (const drip of drips) clearInterval(drip);
      server.closeAllConnections();
      await Promise.all(
        [server, plain].map((one) => new Promise<void>((resolve) => one.close(() => resolve()))),
      );
    },
  };
}

function listen(server: Server | ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

type Kind = 'stt' | 'llm' | 'tts';

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const HEAD = chunk({ role: 'assistant', content: '' });
/** A tenth of a second of a tone at 24 kHz. */
const SOUND = Buffer.from(new Int16Array(2400).fill(1500).buffer);

function misbehave(fault: Fault, kind: Kind, response: ServerResponse, drips: Set<NodeJS.Timeout>): void {
  const status = (code: number, error: object, headers: Readonly<Record<string, string>> = {}) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message: 'Incorrect API key provided: sk-secret', ...error } }));
  };
  const begin = () => {
    const type = { stt: 'application/json', llm: 'text/event-stream', tts: 'audio/pcm' }[kind];
    response.writeHead(200, { 'content-type': type });
    response.flushHeaders();
  };
  /** What a healthy vendor would have sent first. */
  const some = { stt: '{"text":"one t', llm: HEAD + chunk({ content: 'one ' }), tts: SOUND }[kind];
  switch (fault) {
    case '401':
      status(401, { code: 'invalid_api_key' });
      return;
    case '402':
      status(402, { code: 'insufficient_quota' });
      return;
    case '429 before the first byte':
      status(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '3' });
      return;
    case '429 after the first byte':
      begin();
      if (kind === 'llm')
        response.end(`${HEAD}data: {"error":{"message":"slow down","code":"rate_limit_exceeded"}}\n\n`);
      else if (kind === 'stt') response.end('{"error":{"code":"rate_limit_exceeded"}}');
      else response.destroy();
      return;
    case '500':
      status(500, { code: 'server_error' });
      return;
    case 'hang':
      return;
    case 'slow drip': {
      begin();
      const drip = setInterval(() => {
        response.write(kind === 'llm' ? ': still here\n\n' : kind === 'stt' ? ' ' : Buffer.alloc(2));
      }, DRIP_MS);
      drips.add(drip);
      response.on('close', () => clearInterval(drip));
      return;
    }
    case 'cut in mid-chunk':
      begin();
      response.write(
        kind === 'llm'
          ? HEAD + chunk({ content: 'one' }).slice(0, 40)
          : kind === 'stt'
            ? '{"te'
            : SOUND.subarray(0, 1),
      );
      setTimeout(() => response.destroy(), 10);
      return;
    case 'cut after some output':
      begin();
      response.write(kind === 'tts' ? Buffer.concat([SOUND, SOUND]) : some);
      setTimeout(() => response.destroy(), 30);
      return;
    case 'empty':
      begin();
      response.end(
        kind === 'stt' ? '{"text":""}' : kind === 'llm' ? `${HEAD}${chunk({}, 'stop')}data: [DONE]\n\n` : '',
      );
      return;
    case 'all-zero audio':
      begin();
      if (kind === 'tts') response.end(Buffer.alloc(48_000));
      else response.end(some);
      return;
    case 'wrong sample rate':
      response.writeHead(200, { 'content-type': 'audio/pcm;rate=16000' });
      response.end(Buffer.from(new Int16Array(1600).fill(1500).buffer));
      return;
    case 'truncated JSON':
      begin();
      response.end(
        kind === 'llm'
          ? `${HEAD}data: {"choices":[{"delta":{"content":"on`
          : kind === 'stt'
            ? '{"text":"one'
            : SOUND.subarray(0, 1),
      );
      return;
    case 'tool call only':
      begin();
      response.end(
        `${HEAD}${chunk({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }] })}${chunk({}, 'tool_calls')}data: [DONE]\n\n`,
      );
      return;
    case 'garbage events':
      begin();
      response.end(
        kind === 'llm'
          ? `${HEAD}data: \u0000\u0001 not json\n\ndata: [DONE]\n\n`
          : kind === 'stt'
            ? '<html>proxy</html>'
            : Buffer.alloc(0),
      );
      return;
    case 'closes without its last event':
      begin();
      response.end(kind === 'llm' ? HEAD : kind === 'stt' ? '' : Buffer.alloc(0));
      return;
    default:
      // By its address alone.
      response.destroy();
  }
}

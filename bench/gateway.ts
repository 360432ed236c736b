/**
 * Measures what the voice gateway adds to a call: direct to a mock vendor and through gateways, in interleaved pairs, and
 * prints a table for each question: `node bench/gateway.ts`.
 *
 * `--quick` takes a minute or two. `--portkey FOLDER` (where npm installed `@portkey-ai/gateway`) and `--litellm FOLDER` (a
 * Python environment with `litellm[proxy]`) add those gateways to the same run, `--floor` a bare proxy: what a hop costs here
 * at least. `--processes N`: gateway processes of the measured server, 1 by default; a second server answers calls in its
 * main process. `--only latency|streams|load|memory`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, request } from 'undici';
import { startBareProxy } from './src/bare-proxy.ts';
import {
  MOCK_MODEL,
  MOCK_VOICE_MODEL,
  type MockVendor,
  nowMicros,
  STREAM,
  startMockVendor,
} from './src/mock-vendor.ts';
import { startPlatform } from './src/platform.ts';
import { readCpuSeconds, readResidentBytes } from './src/processes.ts';
import { median, quantile } from './src/statistics.ts';

interface Target {
  readonly name: string;
  /** Up to and with the version. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  readonly speech: { readonly model: string } | undefined;
  /** All that work for its calls. */
  readonly processIds: readonly number[];
}

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    portkey: { type: 'string' },
    litellm: { type: 'string' },
    floor: { type: 'boolean', default: false },
    processes: { type: 'string', default: '1' },
  },
});
/** The one that the required values are asked of. */
const OWN = 'Visavox';
const BLOCK = 50;
const wants = (part: string): boolean => flags.only === undefined || flags.only === part;
const agent = new Agent({ connections: 256, pipelining: 1, keepAliveTimeout: 60_000 });
const closers: (() => Promise<void> | void)[] = [];
let missed = 0;

try {
  const vendor = await startMockVendor();
  closers.push(() => vendor.close());
  const targets = await startTargets(vendor);
  // Long enough for the code to be compiled.
  for (const target of targets) for (let i = 0; i < 2000; i++) await complete(target);
  if (wants('latency')) await measureLatency(targets);
  if (wants('streams')) await measureStreams(targets);
  if (wants('load')) await measureLoad(targets);
  if (wants('memory')) await measureMemory(targets);
} finally {
  for (const close of closers.reverse()) await close();
  await agent.close();
}
process.exitCode = missed === 0 ? 0 : 1;

async function startTargets(vendor: MockVendor): Promise<readonly Target[]> {
  const direct: Target = {
    name: 'direct',
    baseUrl: vendor.baseUrl,
    headers: { authorization: 'Bearer mock' },
    model: MOCK_MODEL,
    speech: { model: MOCK_VOICE_MODEL },
    processIds: [vendor.processId],
  };
  const openVisavox = async (name: string, processes: number): Promise<Target> => {
    const platform = await startPlatform({
      vendor: 'embedded',
      environment: {
        OPENAI_BASE_URL: vendor.baseUrl,
        OPENAI_API_KEY: 'mock-key',
        VISAVOX_RATE_LIMIT_KEY: '10000000',
        VISAVOX_GATEWAY_PROCESSES: String(processes),
      },
    });
    closers.push(() => platform.close());
    return {
      name,
      baseUrl: `${platform.url}/v1`,
      headers: { authorization: `Bearer ${platform.headers['PersoLive-APIKey'] ?? ''}` },
      model: 'auto',
      speech: { model: 'auto' },
      processIds: [platform.processId, ...platform.gatewayProcessIds],
    };
  };
  const targets = [
    direct,
    await openVisavox(OWN, Number(flags.processes)),
    await openVisavox('Visavox, main process', 0),
  ];
  if (flags.floor) {
    const { baseUrl, processId, close } = await startBareProxy(vendor.baseUrl);
    closers.push(close);
    targets.push({ ...direct, name: 'a bare proxy', baseUrl, processIds: [processId] });
  }
  if (flags.portkey !== undefined) targets.push(await startPortkey(flags.portkey, vendor));
  if (flags.litellm !== undefined) targets.push(await startLiteLlm(flags.litellm, vendor));
  return targets;
}

async function startPortkey(folder: string, vendor: MockVendor): Promise<Target> {
  const port = await freePort();
  const entry = path.join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const child = start(process.execPath, [entry, '--headless', `--port=${port}`]);
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const headers = {
    authorization: 'Bearer mock',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': vendor.baseUrl,
  };
  const target: Target = {
    name: 'Portkey',
    baseUrl,
    headers,
    model: MOCK_MODEL,
    speech: undefined,
    processIds: [child.pid ?? 0],
  };
  await waitFor(target, child);
  return target;
}

async function startLiteLlm(folder: string, vendor: MockVendor): Promise<Target> {
  const port = await freePort();
  const home = mkdtempSync(path.join(os.tmpdir(), 'visavox-bench-'));
  closers.push(() => rmSync(home, { recursive: true, force: true }));
  const config = path.join(home, 'config.yaml');
  writeFileSync(
    config,
    `model_list:\n  - model_name: ${MOCK_MODEL}\n    litellm_params:\n      model: openai/${MOCK_MODEL}\n      api_base: ${vendor.baseUrl}\n      api_key: mock\ngeneral_settings:\n  master_key: sk-bench\n`,
  );
  const child = start(path.join(folder, 'bin/litellm'), [
    '--config',
    config,
    '--port',
    String(port),
    '--host',
    '127.0.0.1',
    '--telemetry',
    'False',
  ]);
  const target: Target = {
    name: 'LiteLLM',
    baseUrl: `http://127.0.0.1:${port}/v1`,
    headers: { authorization: 'Bearer sk-bench' },
    model: MOCK_MODEL,
    speech: undefined,
    processIds: [child.pid ?? 0],
  };
  await waitFor(target, child);
  return target;
}

function start(program: string, parameters: readonly string[]): ChildProcess {
  const child = spawn(program, parameters, { stdio: 'ignore' });
  closers.push(() => {
    child.kill();
  });
  return child;
}

async function waitFor(target: Target, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    if (child.exitCode !== null) throw new Error(`${target.name} ended with code ${child.exitCode}.`);
    try {
      await complete(target);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  throw new Error(`${target.name} does not answer.`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function post(target: Target, route: string, body: object) {
  return request(`${target.baseUrl}/${route}`, {
    method: 'POST',
    dispatcher: agent,
    headers: { ...target.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** One completion, not streamed; its time in milliseconds. */
async function complete(target: Target): Promise<number> {
  const startedAt = performance.now();
  const { statusCode, body } = await post(target, 'chat/completions', {
    model: target.model,
    messages: [{ role: 'user', content: 'Hello, who are you?' }],
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${target.name} answered ${statusCode}: ${text.slice(0, 200)}`);
  return performance.now() - startedAt;
}

/** The delay of each chunk since the vendor sent it, in milliseconds. */
async function streamText(target: Target): Promise<number[]> {
  const { body } = await post(target, 'chat/completions', {
    model: target.model,
    stream: true,
    messages: [{ role: 'user', content: 'Count.' }],
  });
  const delays: number[] = [];
  let rest = '';
  for await (const piece of body) {
    const at = nowMicros();
    rest += String(piece);
    for (const match of rest.matchAll(/t(\d{16}) /g)) delays.push((at - Number(match[1])) / 1000);
    rest = rest.slice(rest.lastIndexOf('\n') + 1);
  }
  if (delays.length !== STREAM.chunks)
    throw new Error(`${target.name}: expected ${STREAM.chunks} chunks, got ${delays.length}`);
  return delays;
}

/** The same for sound: the time of sending stands in the first samples of each of the vendor's chunks. */
async function streamSpeech(target: Target): Promise<number[]> {
  const { body } = await post(target, 'audio/speech', {
    model: target.speech?.model,
    voice: target.model === 'auto' ? 'auto' : 'alloy',
    input: 'Hello there.',
    response_format: 'pcm',
  });
  const delays: number[] = [];
  let received = Buffer.alloc(0);
  let next = 0;
  const size = 4800;
  for await (const piece of body) {
    const at = nowMicros();
    received = Buffer.concat([received, piece as Buffer]);
    // A chunk counts when its last byte is here.
    while (received.length >= (next + 1) * size) {
      const offset = next * size;
      let micros = 0n;
      for (let part = 3; part >= 0; part--)
        micros = (micros << 15n) | BigInt(received.readInt16LE(offset + part * 2));
      delays.push((at - Number(micros)) / 1000);
      next += 1;
    }
  }
  return delays;
}

/** Pairs, direct and through one gateway, in blocks that go round the gateways: each is as warm as in steady use. */
async function measureLatency(targets: readonly Target[]): Promise<void> {
  const [direct, ...gateways] = targets;
  if (direct === undefined) return;
  const pairs = flags.quick ? 500 : 3000;
  const times = new Map(gateways.map(({ name }) => [name, { direct: [] as number[], own: [] as number[] }]));
  for (let done = 0; done < pairs; done += BLOCK) {
    for (const gateway of rotated(gateways, done / BLOCK)) {
      const measured = times.get(gateway.name);
      for (let pair = 0; pair < BLOCK; pair++) {
        // Neither is always first.
        if (pair % 2 === 0) measured?.direct.push(await complete(direct));
        measured?.own.push(await complete(gateway));
        if (pair % 2 === 1) measured?.direct.push(await complete(direct));
      }
    }
  }
  const added = (name: string) => {
    const { direct: base = [], own = [] } = times.get(name) ?? {};
    return {
      median: median(own.map((time, index) => time - (base[index] ?? 0))),
      p99: quantile(own, 0.99) - quantile(base, 0.99),
    };
  };
  print(
    `One completion at a time, not streamed (${pairs} pairs)`,
    ['', 'direct, median ms', 'p99 ms', 'through it, median', 'p99', 'added, median', 'added, p99'],
    gateways.map(({ name }) => {
      const { direct: base = [], own = [] } = times.get(name) ?? {};
      const columns = [median(base), quantile(base, 0.99), median(own), quantile(own, 0.99)];
      return [name, ...columns.map(ms), ms(added(name).median), ms(added(name).p99)];
    }),
  );
  require_('added latency, median ≤ 0.8 ms', added(OWN).median <= 0.8);
  require_('added latency, p99 ≤ 3 ms', added(OWN).p99 <= 3);
}

async function measureStreams(targets: readonly Target[]): Promise<void> {
  const rounds = flags.quick ? 20 : 150;
  for (const [what, run, of] of [
    ['text', streamText, targets],
    ['sound', streamSpeech, targets.filter(({ speech }) => speech !== undefined)],
  ] as const) {
    const able: Target[] = [];
    for (const target of of) {
      try {
        await run(target);
        able.push(target);
      } catch (error) {
        process.stdout.write(`left out: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
    const delays = new Map<string, number[]>(able.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const target of rotated(able, round)) delays.get(target.name)?.push(...(await run(target)));
    }
    const direct = delays.get('direct') ?? [];
    const addedP99 = (name: string) => quantile(delays.get(name) ?? [], 0.99) - quantile(direct, 0.99);
    print(
      `Delay of each chunk of ${what} (${rounds} streams of ${STREAM.chunks} chunks)`,
      ['', 'median ms', 'p99 ms', 'added, median', 'added, p99'],
      able.map(({ name }) => {
        const own = delays.get(name) ?? [];
        const added = name === 'direct' ? ['', ''] : [ms(median(own) - median(direct)), ms(addedP99(name))];
        return [name, ms(median(own)), ms(quantile(own, 0.99)), ...added];
      }),
    );
    require_(`added delay of a chunk of ${what}, p99 ≤ 1 ms`, addedP99(OWN) <= 1);
  }
}

/** Closed loop: each of the connections asks again as soon as it was answered. */
async function measureLoad(targets: readonly Target[]): Promise<void> {
  const seconds = flags.quick ? 4 : 15;
  const connections = 16;
  const rows: string[][] = [];
  for (const target of targets) {
    const times: number[] = [];
    const cpuBefore = cpuOf(target);
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() - startedAt < seconds * 1000) times.push(await complete(target));
      }),
    );
    const cpu = cpuOf(target) - cpuBefore;
    const wall = (performance.now() - startedAt) / 1000;
    rows.push([
      target.name,
      (times.length / wall).toFixed(0),
      (times.length / cpu).toFixed(0),
      ms(median(times)),
      ms(quantile(times, 0.99)),
    ]);
    if (target.name === OWN) require_('requests per second of one core ≥ 1,000', times.length / cpu >= 1000);
  }
  print(
    `${connections} connections for ${seconds} s`,
    ['', 'requests/s', 'per CPU second', 'median ms', 'p99 ms'],
    rows,
  );
}

async function measureMemory(targets: readonly Target[]): Promise<void> {
  const target = targets.find(({ name }) => name === OWN);
  if (target === undefined) return;
  const total = flags.quick ? 5000 : 100_000;
  const rows: string[][] = [];
  let done = 0;
  const readings: number[] = [];
  const step = total / 10;
  while (done < total) {
    const until = done + step;
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        while (done < until) {
          done += 1;
          if (done % 50 === 0) await drain(target);
          else await complete(target);
        }
      }),
    );
    const megabytes = sum(target.processIds.map(readResidentBytes)) / 1e6;
    readings.push(megabytes);
    rows.push([String(done), megabytes.toFixed(0)]);
  }
  print('Memory over mixed calls', ['calls', 'resident MB'], rows);
  const half = readings.slice(readings.length / 2);
  require_('memory flat: the second half grows by less than 5 %', (half.at(-1) ?? 0) < (half[0] ?? 0) * 1.05);
}

/** A refused call, and speech that is given up after its first piece. */
async function drain(target: Target): Promise<void> {
  const refused = await post(target, 'chat/completions', { model: 'nobody', messages: [] });
  await refused.body.dump();
  const speech = await post(target, 'audio/speech', {
    model: 'auto',
    voice: 'auto',
    input: 'Hello.',
    response_format: 'pcm',
  });
  for await (const _ of speech.body) break;
}

function cpuOf({ processIds }: Target): number {
  return sum(processIds.map(readCpuSeconds));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Nobody is always first. */
function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function ms(value: number): string {
  return value.toFixed(2);
}

function require_(text: string, holds: boolean): void {
  if (!holds) missed += 1;
  process.stdout.write(`${holds ? 'met   ' : 'MISSED'} ${text}\n`);
}

function print(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${head.map((_, i) => (row[i] ?? '').padEnd(widths[i] ?? 0)).join(' | ')} |`;
  process.stdout.write(
    `\n${title}\n\n${[line(head), `| ${widths.map((w) => '-'.repeat(w)).join(' | ')} |`, ...rows.map(line)].join('\n')}\n`,
  );
}

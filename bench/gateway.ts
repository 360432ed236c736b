/**
 * Measures what the voice gateway adds to a call: direct to a mock vendor and through gateways, in interleaved pairs, and
 * prints a table for each question: `node bench/gateway.ts`. One gateway runs at a time, so that none waits for another's
 * processes and caches; the direct calls between its own show what the machine did meanwhile.
 *
 * `--quick` takes a minute or two. `--portkey FOLDER` (where npm installed `@portkey-ai/gateway`, 1.15 with an override of
 * `@hono/node-server` to 1.14.1, or it cannot stream) and `--litellm FOLDER` (a Python environment with `litellm[proxy]`) add
 * those gateways to the same run, `--floor` a bare proxy: what a hop costs here at least. Visavox is measured with all in
 * its main process, and with `--processes N` gateway processes, 1 by default. `--only latency|streams|load|memory`.
 *
 * On a virtual machine the host takes processor time away at any moment, which is most of a p99. Values of turns in which it
 * took none are counted apart, and required values are asked of those where there are enough.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, request } from 'undici';
import { startBareProxy } from './src/bare-proxy.ts';
import type { ForkedServer } from './src/forked-server.ts';
import { MOCK_MODEL, MOCK_VOICE_MODEL, nowMicros, STREAM, startMockVendor } from './src/mock-vendor.ts';
import { startPlatform } from './src/platform.ts';
import { readCpuSeconds, readResidentBytes, readStolenTicks } from './src/processes.ts';
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
  /** Answers fewer than {@link RATE} requests a second: warmed up for less long, not asked at that rate. */
  readonly isSlow?: boolean;
  close(): Promise<void> | void;
}

/** Milliseconds. */
interface Values {
  readonly all: number[];
  /** Of turns in which the host took no processor time. */
  readonly calm: number[];
}

/** Values of direct calls, of those through a gateway in turns with them, and of those through a bare proxy. */
interface Pairs {
  readonly direct: Values;
  readonly own: Values;
  readonly floor?: Values;
}

interface Results {
  readonly latency: Map<string, Pairs>;
  readonly text: Map<string, Pairs>;
  readonly sound: Map<string, Pairs>;
  readonly load: string[][];
  /** Times of calls that come at {@link RATE} a second, whatever the answers do. */
  readonly rate: Map<string, number[]>;
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
/**
 * Until the code is compiled for good: a server in steady use has long been there. What runs once in a stream, for its first
 * chunk, is that after about a thousand.
 */
const WARM_UP_CALLS = 15_000;
const WARM_UP_STREAMS = 1600;
const CONNECTIONS = 16;
/** Calls of each that make a turn: long enough for the host's clock, which counts hundredths of a second. */
const CALLS_IN_TURN = 10;
/** Calm values from which a p99 can be told. */
const ENOUGH = 500;
/** Requests a second. */
const RATE = 1000;
const wants = (part: string): boolean => flags.only === undefined || flags.only === part;
// Connections are let go after undici's 4 s without a call: LiteLLM closes them after 5.
const agent = new Agent({ connections: 256, pipelining: 1 });
let missed = 0;

const vendor = await startMockVendor();
let floor: Target | undefined;
try {
  const direct: Target = {
    name: 'direct',
    baseUrl: vendor.baseUrl,
    headers: { authorization: 'Bearer mock' },
    model: MOCK_MODEL,
    speech: { model: MOCK_VOICE_MODEL },
    processIds: [vendor.processId],
    close: () => {},
  };
  const results: Results = {
    latency: new Map(),
    text: new Map(),
    sound: new Map(),
    load: [],
    rate: new Map(),
  };
  await call(direct, flags.quick ? 2000 : WARM_UP_CALLS);
  if (wants('load')) await measureBothLoads(direct, results);
  floor = flags.floor ? await startFloor(vendor, direct) : undefined;
  const measureAndClose = async (open: () => Promise<Target>): Promise<void> => {
    const target = await open();
    try {
      await measure(direct, target, floor, results);
    } finally {
      await target.close();
    }
  };
  await measureAndClose(() => startVisavox(OWN, vendor, 0));
  await measureAndClose(() => startVisavox(`${OWN}, gateway process`, vendor, Number(flags.processes)));
  const { portkey, litellm } = flags;
  if (portkey !== undefined) await measureAndClose(() => startPortkey(portkey, vendor)).catch(leaveOut);
  if (litellm !== undefined) await measureAndClose(() => startLiteLlm(litellm, vendor)).catch(leaveOut);
  if (floor !== undefined) await measure(direct, floor, floor, results);
  report(results);
} finally {
  await floor?.close();
  vendor.close();
  await agent.close();
}
process.exitCode = missed === 0 ? 0 : 1;

/** `floor`: measured in turns with the target, since busy moments of the machine are most of a p99. */
async function measure(
  direct: Target,
  target: Target,
  floor: Target | undefined,
  results: Results,
): Promise<void> {
  const { name } = target;
  process.stdout.write(`${name} …\n`);
  await call(target, target.isSlow === true || flags.quick ? 2000 : WARM_UP_CALLS);
  if (wants('latency')) results.latency.set(name, await measureLatency(direct, target));
  if (wants('streams')) {
    await measureStreams(streamText, [direct, target, floor], results.text);
    if (target.speech !== undefined)
      await measureStreams(streamSpeech, [direct, target, floor], results.sound);
  }
  if (wants('load')) await measureBothLoads(target, results);
  if (wants('memory') && name === OWN) await measureMemory(target);
}

async function startVisavox(name: string, mock: ForkedServer, processes: number): Promise<Target> {
  const platform = await startPlatform({
    vendor: 'embedded',
    environment: {
      OPENAI_BASE_URL: mock.baseUrl,
      OPENAI_API_KEY: 'mock-key',
      VISAVOX_RATE_LIMIT_KEY: '10000000',
      VISAVOX_GATEWAY_PROCESSES: String(processes),
    },
  });
  return {
    name,
    baseUrl: `${platform.url}/v1`,
    headers: { authorization: `Bearer ${platform.headers['PersoLive-APIKey'] ?? ''}` },
    model: 'auto',
    speech: { model: 'auto' },
    processIds: [platform.processId, ...platform.gatewayProcessIds],
    close: () => platform.close(),
  };
}

async function startFloor(mock: ForkedServer, direct: Target): Promise<Target> {
  const { baseUrl, processId, close } = await startBareProxy(mock.baseUrl);
  return { ...direct, name: 'a bare proxy', baseUrl, processIds: [processId], close };
}

async function startPortkey(folder: string, mock: ForkedServer): Promise<Target> {
  const port = await freePort();
  const entry = path.join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const child = start(process.execPath, [entry, '--headless', `--port=${port}`]);
  const target: Target = {
    name: 'Portkey',
    baseUrl: `http://127.0.0.1:${port}/v1`,
    headers: {
      authorization: 'Bearer mock',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': mock.baseUrl,
    },
    model: MOCK_MODEL,
    speech: undefined,
    processIds: [child.pid ?? 0],
    close: () => end(child),
  };
  await waitFor(target, child);
  return target;
}

async function startLiteLlm(folder: string, mock: ForkedServer): Promise<Target> {
  const port = await freePort();
  const home = mkdtempSync(path.join(os.tmpdir(), 'visavox-bench-'));
  const config = path.join(home, 'config.yaml');
  writeFileSync(
    config,
    `model_list:\n  - model_name: ${MOCK_MODEL}\n    litellm_params:\n      model: openai/${MOCK_MODEL}\n      api_base: ${mock.baseUrl}\n      api_key: mock\ngeneral_settings:\n  master_key: sk-bench\n`,
  );
  const child = start(path.join(folder, 'bin/litellm'), [
    ...['--config', config],
    ...['--port', String(port)],
    ...['--host', '127.0.0.1'],
    ...['--telemetry', 'False'],
  ]);
  const target: Target = {
    name: 'LiteLLM',
    baseUrl: `http://127.0.0.1:${port}/v1`,
    headers: { authorization: 'Bearer sk-bench' },
    model: MOCK_MODEL,
    speech: undefined,
    processIds: [child.pid ?? 0],
    isSlow: true,
    async close() {
      await end(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
  await waitFor(target, child);
  return target;
}

function start(program: string, parameters: readonly string[]): ChildProcess {
  return spawn(program, parameters, { stdio: 'ignore' });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

async function waitFor(target: Target, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 240 && child.exitCode === null; attempt++) {
    try {
      await complete(target);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  const code = child.exitCode;
  await target.close();
  throw new Error(`${target.name} ${code === null ? 'does not answer' : `ended with code ${code}`}.`);
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

async function call(target: Target, calls: number): Promise<void> {
  let done = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (done < calls) {
        done += 1;
        await complete(target);
      }
    }),
  );
}

async function measureLatency(direct: Target, target: Target): Promise<Pairs> {
  const times: Pairs = { direct: noValues(), own: noValues() };
  for (let turn = 0; turn < (flags.quick ? 500 : 3000) / CALLS_IN_TURN; turn++) {
    const { value, isCalm } = await watchHost(async () => {
      const now: { readonly direct: number[]; readonly own: number[] } = { direct: [], own: [] };
      for (let pair = 0; pair < CALLS_IN_TURN; pair++) {
        // Neither is always first.
        if (pair % 2 === 0) now.direct.push(await complete(direct));
        now.own.push(await complete(target));
        if (pair % 2 === 1) now.direct.push(await complete(direct));
      }
      return now;
    });
    keep(times.direct, value.direct, isCalm);
    keep(times.own, value.own, isCalm);
  }
  return times;
}

/** `isCalm`: the host took no processor time meanwhile. */
async function watchHost<T>(
  turn: () => Promise<T>,
): Promise<{ readonly value: T; readonly isCalm: boolean }> {
  const stolenBefore = readStolenTicks();
  const value = await turn();
  return { value, isCalm: readStolenTicks() === stolenBefore };
}

function noValues(): Values {
  return { all: [], calm: [] };
}

function keep({ all, calm }: Values, values: readonly number[], isCalm: boolean): void {
  all.push(...values);
  if (isCalm) calm.push(...values);
}

/** What another gateway cannot do is missing in the tables. */
function leaveOut(error: unknown): void {
  process.stdout.write(`left out: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** One that cannot stream is left out. */
async function measureStreams(
  run: (target: Target) => Promise<number[]>,
  [direct, target, floor]: readonly [Target, Target, Target | undefined],
  into: Map<string, Pairs>,
): Promise<void> {
  const warmUp = flags.quick ? 480 : WARM_UP_STREAMS;
  try {
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        for (let stream = 0; stream < warmUp / CONNECTIONS; stream++) await run(target);
      }),
    );
  } catch (error) {
    leaveOut(error);
    return;
  }
  const beside = floor === undefined || floor === target ? undefined : { target: floor, values: noValues() };
  const delays = { direct: noValues(), own: noValues() };
  const turn = async (of: Target, values: Values): Promise<void> => {
    const { value, isCalm } = await watchHost(() => run(of));
    keep(values, value, isCalm);
  };
  const hasEnough = (): boolean => [delays.direct, delays.own].every(({ calm }) => calm.length >= 2 * ENOUGH);
  const [least, most] = flags.quick ? [20, 20] : [150, 450];
  for (let round = 0; round < least || (round < most && !hasEnough()); round++) {
    await turn(direct, delays.direct);
    await turn(target, delays.own);
    if (beside !== undefined) await turn(beside.target, beside.values);
  }
  into.set(target.name, beside === undefined ? delays : { ...delays, floor: beside.values });
}

async function measureBothLoads(target: Target, results: Results): Promise<void> {
  results.load.push(await measureLoad(target));
  // The calls would only pile up.
  if (target.isSlow !== true) results.rate.set(target.name, await measureRate(target));
}

/** Open loop: the next call does not wait for the last one. */
async function measureRate(target: Target): Promise<number[]> {
  const calls = RATE * (flags.quick ? 3 : 10);
  const startedAt = performance.now();
  const times: Promise<number>[] = [];
  while (times.length < calls) {
    const due = Math.min(calls, Math.floor(((performance.now() - startedAt) * RATE) / 1000));
    while (times.length < due) times.push(complete(target));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Promise.all(times);
}

/** Closed loop: each of the connections asks again as soon as it was answered. */
async function measureLoad(target: Target): Promise<string[]> {
  const seconds = flags.quick ? 4 : 15;
  const times: number[] = [];
  const cpuBefore = cpuOf(target);
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() - startedAt < seconds * 1000) times.push(await complete(target));
    }),
  );
  const cpu = cpuOf(target) - cpuBefore;
  const wall = (performance.now() - startedAt) / 1000;
  if (target.name === OWN) require_('requests per second of one core ≥ 1,000', times.length / cpu >= 1000);
  return [
    target.name,
    (times.length / wall).toFixed(0),
    (times.length / cpu).toFixed(0),
    ms(median(times)),
    ms(quantile(times, 0.99)),
  ];
}

function report({ latency, text, sound, load, rate }: Results): void {
  const printPairs = (title: string, of: Results['latency']) =>
    print(
      title,
      [
        ...[
          '',
          'n',
          'direct, median ms',
          'p99 ms',
          'through it, median',
          'p99',
          'added, median',
          'added, p99',
        ],
        ...([...of.values()].some(({ floor }) => floor !== undefined) ? ['a bare proxy meanwhile, p99'] : []),
      ],
      [...of].flatMap(([name, pairs]) => [
        rowOf(name, pairs, 'all'),
        ...(isCalmEnough(pairs) ? [rowOf('  · while the host took nothing', pairs, 'calm')] : []),
      ]),
    );
  const ownLatency = latency.get(OWN);
  if (ownLatency !== undefined) {
    printPairs('One completion at a time, not streamed', latency);
    const { addedMedian, addedP99 } = compare(ownLatency);
    require_('added latency, median ≤ 0.8 ms', addedMedian <= 0.8);
    require_('added latency, p99 ≤ 3 ms', addedP99 <= 3);
  }
  for (const [what, of] of [
    ['text', text],
    ['sound', sound],
  ] as const) {
    const own = of.get(OWN);
    if (own === undefined) continue;
    printPairs(`Delay of each chunk of ${what}, streams of ${STREAM.chunks} chunks`, of);
    require_(`added delay of a chunk of ${what}, p99 ≤ 1 ms`, compare(own).addedP99 <= 1);
  }
  if (load.length > 0) {
    const head = ['', 'requests/s', 'per CPU second', 'median ms', 'p99 ms'];
    print(`${CONNECTIONS} connections, each asks again when it was answered`, head, load);
  }
  const directRate = rate.get('direct');
  const ownRate = rate.get(OWN);
  if (directRate !== undefined && ownRate !== undefined) {
    const added = (times: readonly number[]) => quantile(times, 0.99) - quantile(directRate, 0.99);
    print(
      `${RATE} requests a second`,
      ['', 'median ms', 'p99 ms', 'added, p99'],
      [...rate].map(([name, times]) => [
        name,
        ...[median(times), quantile(times, 0.99), added(times)].map(ms),
      ]),
    );
    require_(`at ${RATE} requests a second, p99 added ≤ 5 ms`, added(ownRate) <= 5);
  }
}

function isCalmEnough({ direct, own }: Pairs): boolean {
  return direct.calm.length >= ENOUGH && own.calm.length >= ENOUGH;
}

/** What the gateway adds, by calm values where there are enough. */
function compare(pairs: Pairs, which: keyof Values = isCalmEnough(pairs) ? 'calm' : 'all') {
  const [direct, own] = [pairs.direct[which], pairs.own[which]];
  return {
    addedMedian: median(own) - median(direct),
    addedP99: quantile(own, 0.99) - quantile(direct, 0.99),
  };
}

function rowOf(name: string, pairs: Pairs, which: keyof Values): string[] {
  const [direct, own] = [pairs.direct[which], pairs.own[which]];
  const { addedMedian, addedP99 } = compare(pairs, which);
  const floor = pairs.floor?.[which] ?? [];
  return [
    name,
    String(own.length),
    ...[median(direct), quantile(direct, 0.99), median(own), quantile(own, 0.99), addedMedian, addedP99].map(
      ms,
    ),
    ...(pairs.floor === undefined ? [] : [ms(quantile(floor, 0.99) - quantile(direct, 0.99))]),
  ];
}

async function measureMemory(target: Target): Promise<void> {
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

function ms(value: number): string {
  return Number.isNaN(value) ? '' : value.toFixed(2);
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

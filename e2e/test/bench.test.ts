/** `visavox bench providers`, `scores`, `routing`, `credits` and `providers` as processes, against real servers. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createReadingVendors } from '../src/reading-vendors.ts';
import { type Result, runVisavox, type VisavoxOptions } from '../src/visavox.ts';

// Printed JSON is looked into field by field; a wrong shape fails the expectation.
type Json = any;

let server: RunningServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-bench-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const visavox = (words: readonly string[], options: Partial<VisavoxOptions> = {}): Promise<Result> =>
  runVisavox(words, { server, folder, ...options });
const json = async (...words: string[]): Promise<Json> => {
  const { code, out, error } = await visavox(['--json', ...words]);
  expect(code, error).toBe(0);
  return out === '' ? undefined : JSON.parse(out);
};

describe('with scripted vendors', () => {
  const { voice, careful, careless, dead } = createReadingVendors();

  beforeAll(async () => {
    server = await startTestServer({ providers: [voice, dead, careless, careful] });
  });
  afterAll(() => server?.close());
  afterEach(async () => {
    await json('scores', 'remove');
  });
  const quick = ['bench', 'providers', '--rounds', '1', '--sentences', '3'];

  test('each is measured; a dead one has error rate 1 and stops nobody; nothing secret is printed', async () => {
    const { code, out, error } = await visavox([...quick, '--language', 'en,de']);
    expect(code, error).toBe(0);
    expect(out).toMatch(/^STAGE +MODEL +LANG +QUALITY +P50 MS +P95 MS/);
    expect(out).toMatch(/tts +reader:mouth +en +0\.0 % +\d+ +\d+ +\d+ +[\d.]+ x .* 0 % +3\n/);
    expect(out).toMatch(/tts +dead:mouth +en +– .* 100 % +3\n/);
    expect(out).toMatch(/stt +careful:ears +de +0\.0 % .* 0 % +3\n/);
    expect(out).toMatch(/stt +careless:ears +en +4\d\.\d % .* 0 % +3\n/);
    expect(out).toMatch(/stt +dead:ears +en +– .* 100 % +3\n/);
    expect(out).toContain('Voices in en were listened to by careful:ears.');
    expect(error).toContain('stt careful:ears de\n');
    for (const secret of ['sk-vendor-secret', server.apiKey]) expect(out + error).not.toContain(secret);
    // Without --write nothing has changed.
    expect(await json('scores')).toEqual([]);
  });

  test('--write puts the rows in force: the routing shows them with their run', async () => {
    const before = await visavox(['routing', '--stage', 'stt']);
    expect(before.out).toMatch(
      /no +careful:ears .*not measured; import score rows, or run `visavox bench providers`\n/,
    );
    const done = await visavox([...quick, '--only', 'stt,tts', '--write', '--output', 'rows.json']);
    expect(done.code, done.error).toBe(0);
    const run = /as the run (bench-\d{4}-\d\d-\d\dT\d\d:\d\dZ);/.exec(done.out)?.[1] ?? 'none';
    const rows = await json('routing', '--stage', 'stt');
    expect(rows.slice(0, 3)).toMatchObject([
      { place: 1, model: 'careful:ears', evidence: 'operator', run_id: run, quality: 0 },
      { place: 2, model: 'careless:ears', evidence: 'operator', run_id: run },
      { place: null, model: 'dead:ears', why: 'flagged: 3 of 3 calls failed when it was measured' },
    ]);
    const table = await visavox(['routing', '--stage', 'tts', '--objective', 'latency']);
    expect(table.out).toContain(`operator ${run}: en`);
    expect(table.out).toContain(`Measurements in force: ${run}`);
    expect((await visavox(['scores'])).out).toMatch(
      /stt +careless:ears +en +global +batch +4\d\.\d % +\d+ +\d+ /,
    );

    await json('scores', 'remove', '--run', run);
    expect(await json('scores')).toEqual([]);
    // What was saved can be imported as it is.
    expect((await visavox(['scores', 'import', 'rows.json'])).out).toContain(run);
    expect(await json('scores')).toHaveLength(5);
  });

  test('rows of a region serve that region', async () => {
    await visavox([...quick, '--only', 'stt', '--providers', 'careful', '--region', 'office', '--write']);
    const places = async (region: string): Promise<Json> =>
      (await json('routing', '--stage', 'stt', '--region', region))
        .filter(({ place }: Json) => place !== null)
        .map(({ model }: Json) => model);
    expect(await places('office')).toEqual(['careful:ears']);
    // Nobody measured there, and nothing global.
    expect(await places('global')).toEqual([]);
  });

  test("the operator's own recordings", async () => {
    const recordings = path.join(folder, 'recordings');
    await mkdir(recordings);
    await writeFile(path.join(recordings, 'one.wav'), wav());
    const words = [...quick, '--only', 'stt', '--providers', 'careful', '--recordings', 'recordings'];
    expect(await visavox(words)).toMatchObject({
      code: 1,
      error: 'The recording one.wav needs what it says in one.txt beside it.\n',
    });
    await writeFile(path.join(recordings, 'one.txt'), 'Nobody can know this sentence.');
    const { out } = await visavox(words);
    expect(out).toMatch(/stt +careful:ears +en .* 4\n/);
    expect(out).toContain('Recognisers in en heard 1 recording, reader:mouth.');
  });

  test('Ctrl-C ends with what was measured and imports nothing', async () => {
    const { code, out, error } = await visavox(
      ['bench', 'providers', '--rounds', '50', '--language', 'en', '--write'],
      { interruptAt: 'stt careless:ears en' },
    );
    expect(code).toBe(1);
    expect(out).toMatch(/tts +reader:mouth +en /);
    expect(error).toContain(
      'Interrupted: the table holds what was measured until then; nothing was imported.',
    );
    expect(await json('scores')).toEqual([]);
  });

  test('a budget ends it', async () => {
    const { code, out } = await visavox([...quick, '--only', 'tts', '--budget-usd', '0.02']);
    expect(code).toBe(0);
    expect(out).toContain('The next call could pass the budget of 0.02 USD.');
  });

  test.each<[readonly string[], number, string]>([
    [
      ['--providers', 'nobody'],
      1,
      'The server has no nobody. Its providers are dead, careless, careful, reader.\n',
    ],
    [['--only', 'video'], 2, 'Expected tts, stt, llm.'],
    [['--language', 'klingon!'], 2, 'Expected language tags'],
    [['--rounds', '0'], 2, 'Expected a whole number from 1.'],
    [['--recordings', 'nowhere'], 1, 'nowhere cannot be read: it does not exist.\n'],
  ])('%j is refused', async (words, code, message) => {
    const result = await visavox([...quick, ...words]);
    expect(result.code).toBe(code);
    expect(result.error).toContain(message);
  });

  test('a key that may not import is told before anything is called', async () => {
    const { key } = await json('keys', 'create', 'bench', '--role', 'client');
    const { code, out, error } = await visavox([...quick, '--write'], {
      environment: { VISAVOX_API_KEY: key },
    });
    expect([code, out]).toEqual([1, '']);
    expect(error).not.toContain('reader:mouth');
  });

  test('score files are checked by row and field', async () => {
    const row = {
      run_id: 'mine',
      request_type: 'stt',
      provider_id: 'careful',
      model_id: 'ears',
      mode: 'batch',
      metrics: { wer_p50: 0.05, ttfp_p50_ms: 400 },
    };
    const file = (content: string) => writeFile(path.join(folder, 'scores.txt'), content);
    const imports = (...words: string[]) => visavox(['scores', 'import', 'scores.txt', ...words]);

    await file(JSON.stringify([row, { ...row, mode: 'fast', metrics: { wer_p50: 'low' } }]));
    const wrong = await imports();
    expect(wrong.code).toBe(1);
    expect(wrong.error).toMatch(/^Nothing was imported:\nrow 2, mode: .*\nrow 2, metrics\.wer_p50: .*\n$/);
    expect(wrong.error).not.toContain('row 1');

    await file(`${JSON.stringify(row)}\n${JSON.stringify({ ...row, language: 'ko' })}\n`);
    expect((await imports('--dry-run')).out).toBe('2 rows are fine; nothing was imported.\n');
    expect(await json('scores')).toEqual([]);
    expect((await imports()).out).toBe('2 rows are imported; the newest run is mine.\n');
    expect(await json('scores')).toHaveLength(2);

    await file(JSON.stringify({ rows: [row] }));
    expect((await imports()).code).toBe(0);
    await file(`${JSON.stringify(row)}\nnonsense\n`);
    expect((await imports()).error).toContain('Line 2 is no JSON.');
    await file('[]');
    expect((await imports()).error).toBe('The file holds no row.\n');
  });

  test("an organization's own vendor keys are stored, and never shown", async () => {
    const key = 'vendor-key-0123456789';
    const all = async (...words: string[]): Promise<Result> =>
      visavox(['providers', ...words], { input: key });
    const stored = await all('set', 'deepgram');
    expect(stored).toEqual({ code: 0, out: 'The key for deepgram is stored.\n', error: '' });
    const fromEnvironment = await visavox(['providers', 'set', 'openai', '--from-env', 'MY_KEY'], {
      environment: { MY_KEY: key },
    });
    expect(fromEnvironment.code, fromEnvironment.error).toBe(0);
    const listed = await all();
    expect(listed.out).toMatch(/deepgram +\S.* stored /);
    expect(listed.out).toMatch(/elevenlabs +\S.* none /);
    expect(stored.out + fromEnvironment.out + listed.out).not.toContain(key);
    expect((await all('remove', 'deepgram')).out).toBe('The key for deepgram is removed.\n');
    expect((await all('remove', 'openai')).code).toBe(0);
    expect((await visavox(['providers', 'set', 'deepgram'])).error).toContain(
      'No key came on standard input',
    );
    const missing = await visavox(['providers', 'set', 'deepgram', '--from-env', 'NO_KEY']);
    expect(missing.error).toBe('The variable NO_KEY holds no key.\n');
    expect((await all('set', 'nobody')).error).toContain('provider: Expected one of');
    expect((await visavox(['--organization', 'other', 'providers'])).error).toContain(
      "the key's own organization",
    );
  });

  test('credits and the budgets of keys', async () => {
    const { organization } = await json('whoami');
    expect((await visavox(['credits', 'add', organization.id, 'grant', '12.5'])).code).toBe(0);
    expect((await visavox(['credits', 'add', organization.id, 'present', '1'])).error).toContain(
      'The kind must be',
    );
    const shown = await visavox(['credits']);
    expect(shown.out).toMatch(/^Balance: 12\.5 USD\n/);
    expect(shown.out).toMatch(/grant +12\.5 /);
    const made = await json('keys', 'create', 'kiosk', '--budget', '5');
    expect(made).toMatchObject({ budget_usd: 5, spent_usd: 0 });
    expect((await visavox(['keys'])).out).toMatch(/NAME +ROLE +KEY +SPENT USD +BUDGET USD/);
    expect(await json('keys', 'set', made.id, '--budget', 'none', '--name', 'hall')).toMatchObject({
      name: 'hall',
      budget_usd: null,
    });
  });
});

describe('with the engines that are built in', () => {
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server?.close());

  test('there are figures without any account', async () => {
    const file = path.join(folder, 'built-in.json');
    const { code, out, error } = await visavox([
      ...['bench', 'providers', '--rounds', '1', '--sentences', '1', '--output', file],
    ]);
    expect(code, error).toBe(0);
    expect(out).toMatch(/tts +flite:default +en .* free +0 % +1\n/);
    expect(out).toMatch(/llm +stand-in:stand-in +en .* free +0 % /);
    const { rows }: Json = JSON.parse(await readFile(file, 'utf8'));
    const flite = rows.find((row: Json) => row.provider_id === 'flite');
    expect(flite.metrics.ttfb_p50_ms).toBeGreaterThan(0);
    expect(flite.metrics.total_p50_ms).toBeGreaterThanOrEqual(flite.metrics.ttfb_p50_ms);
    expect(flite.metrics.speed_factor).toBeGreaterThan(1);
    expect(rows.some((row: Json) => row.request_type === 'stt' && row.metrics.wer_p50 >= 0)).toBe(true);
  });
});

/** Half a second of a sound that is not silent. */
function wav(): Uint8Array {
  const samples = 8000;
  const bytes = new Uint8Array(44 + samples * 2);
  const view = new DataView(bytes.buffer);
  const write = (offset: number, text: string): void =>
    void bytes.set(new TextEncoder().encode(text), offset);
  write(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 16_000, true);
  view.setUint32(28, 32_000, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, 'data');
  view.setUint32(40, samples * 2, true);
  for (let index = 0; index < samples; index += 1) view.setInt16(44 + index * 2, (index % 50) * 100, true);
  return bytes;
}

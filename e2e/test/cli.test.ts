/** The `visavox` command as a process, against a real server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createToneVendor } from '../src/tone-vendor.ts';
import { type Result, runVisavox } from '../src/visavox.ts';

// Printed JSON is looked into field by field; a wrong shape fails the expectation.
type Json = any;

let server: RunningServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-cli-'));
  server = await startTestServer({ providers: [createToneVendor()] });
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

const visavox = (
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Result> => runVisavox(words, { server, folder, environment });
const json = async (...words: string[]): Promise<Json> => {
  const { code, out, error } = await visavox(['--json', ...words]);
  expect(code, error).toBe(0);
  return out === '' ? undefined : JSON.parse(out);
};
const file = async (name: string, content: string): Promise<string> => {
  await writeFile(path.join(folder, name), content);
  return name;
};

test('keys are made, listed and revoked', async () => {
  expect(await json('whoami')).toMatchObject({ key: { role: 'operator' } });
  const made = await json('keys', 'create', 'shop window', '--role', 'admin');
  expect(made.key).toMatch(/^plak-/);
  const listed = await visavox(['keys']);
  expect(listed.out).toMatch(/ID\s+NAME\s+ROLE\s+KEY\s+SPENT USD\s+BUDGET USD\s+REVOKED/);
  expect(listed.out).toContain('shop window');
  expect(listed.out).not.toContain(made.key);
  expect((await visavox(['--key', made.key, 'usage'])).code).toBe(0);
  expect((await visavox(['keys', 'revoke', made.id])).out).toContain('is revoked');
  const refused = await visavox(['--key', made.key, 'usage']);
  expect(refused).toMatchObject({ code: 1, error: 'The API key is not valid.\n' });
});

test('prompts are made from files, changed, shown and removed', async () => {
  const system = await file('system.txt', 'You are a guide.\nBe brief.');
  const made = await json('prompts', 'create', 'Guide', '--system', `@${system}`, '--require-document');
  expect(made).toMatchObject({ system_prompt: 'You are a guide.\nBe brief.', require_document: true });
  const id = made.prompt_id;
  expect(await json('prompts', 'set', id, '--intro', 'Hello!')).toMatchObject({
    intro_message: 'Hello!',
    require_document: true,
  });
  expect(await json('prompts', 'set', id, '--no-require-document')).toMatchObject({
    require_document: false,
  });
  const shown = await visavox(['prompts', 'show', id]);
  expect(shown.out).toMatch(/intro_message\s+Hello!/);
  expect((await visavox(['prompts', 'remove', id])).code).toBe(0);
  expect(await visavox(['prompts', 'show', id])).toMatchObject({
    code: 1,
    error: `Prompt ${id} does not exist.\n`,
  });
});

test('documents are uploaded with progress, searched, and a bad one is told', async () => {
  const good = await file('facts.md', '# Museum\n\nThe museum opens at nine in the morning.');
  const bad = await file('broken.pdf', '%PDF-1.7 nothing');
  const added = await visavox(['documents', 'add', good, bad, '--search-count', '3']);
  expect(added.code).toBe(1);
  expect(added.out).toContain('facts.md: uploaded as pld-');
  expect(added.error).toBe('1 of 2 could not be processed.\n');
  const documents: Json[] = await json('documents');
  const museum = documents.find(({ title }) => title === 'facts.md');
  expect(museum).toMatchObject({ state: 'ready', search_count: 3 });
  const found = await visavox(['documents', 'search', museum.document_id, 'When', 'does', 'it', 'open?']);
  expect(found.out).toContain('nine in the morning');
  expect(
    await json('documents', 'set', museum.document_id, '--title', 'Museum', '--ef-search', 'none'),
  ).toMatchObject({
    title: 'Museum',
    ef_search: null,
  });
  expect(await json('documents', 'process', museum.document_id)).toMatchObject({ state: 'ready' });
});

test('rule sets, tool servers, templates, organizations and sessions', async () => {
  const csv = await file('rules.csv', 'locale,kind,pattern,replacement\nen,literal,SQL,sequel\n');
  const rules = await json('normalizations', 'add', 'Tech', csv);
  const id = rules.textnormalizationconfig_id;
  expect((await visavox(['normalizations', 'try', id, 'SQL', 'is', 'fun', '--locale', 'en'])).out).toBe(
    'sequel is fun\n',
  );
  const mcp = await json(
    'mcp',
    'add',
    'Tools',
    `${server.url}/mcp`,
    '--timeout',
    '2',
    '--header',
    'X-Token: s3cret',
  );
  expect(mcp).toMatchObject({ server_timeout_sec: 2, header_names: ['x-token'] });
  const checked = await visavox(['mcp', 'check', mcp.mcpserver_id]);
  expect(checked.code).toBe(1);
  expect(checked.error).toContain('VISAVOX_PRIVATE_URLS');

  const [prompt] = await json('prompts');
  const template = await json(
    ...['templates', 'create', 'Desk', '--prompt', prompt.prompt_id, '--model-style', 'yuri-front_natural'],
    ...['--padding-top', '0.5', '--text-normalization-config', id, '--mcp-server', mcp.mcpserver_id],
  );
  expect(template).toMatchObject({ padding_top: 0.5, mcp_servers: [mcp.mcpserver_id], problems: [] });
  const templateId = template.sessiontemplate_id;
  expect(await json('templates', 'set', templateId, '--text-normalization-config', 'none')).toMatchObject({
    text_normalization_config: null,
    padding_top: 0.5,
  });
  expect((await visavox(['mcp', 'remove', mcp.mcpserver_id])).error).toContain(templateId);
  expect((await visavox(['templates', 'remove', templateId])).code).toBe(0);
  expect((await visavox(['mcp', 'remove', mcp.mcpserver_id])).code).toBe(0);

  await json(
    'organizations',
    'create',
    'Acme',
    '--id',
    'acme',
    '--max-active-sessions',
    '3',
    '--llm',
    'gpt-4',
  );
  expect(await json('organizations', 'set', 'acme', '--max-active-sessions', 'none')).toMatchObject({
    limits: { max_active_sessions: null },
    features: { llm_types: ['gpt-4'] },
  });
  expect((await visavox(['prompts', 'lend', prompt.prompt_id, 'acme'])).code).toBe(0);
  expect(await json('--organization', 'acme', 'prompts')).toHaveLength(1);
  expect((await visavox(['organizations', 'remove', 'acme'])).code).toBe(0);
  expect((await visavox(['sessions'])).out).toBe('There was no session yet.\n');
});

describe('what goes wrong ends in one clear line', () => {
  test.each<[string, readonly string[], Readonly<Record<string, string>>, number, RegExp]>([
    [
      'no server',
      ['usage'],
      { VISAVOX_PUBLIC_URL: 'http://127.0.0.1:9' },
      1,
      /^No server answers at .*--server\.$/,
    ],
    ['a wrong address', ['usage'], { VISAVOX_PUBLIC_URL: 'nonsense' }, 1, /^--server must be .*URL/],
    ['no key', ['usage'], { VISAVOX_API_KEY: '' }, 1, /^A key is needed/],
    [
      'a missing file',
      ['documents', 'add', 'none.pdf'],
      {},
      1,
      /none\.pdf cannot be read: it does not exist\.$/,
    ],
    ['a bad number', ['documents', 'add', 'x', '--search-count', 'many'], {}, 2, /Expected a number/],
    ['a bad choice', ['keys', 'create', 'x', '--role', 'king'], {}, 2, /Allowed choices are client/],
    [
      'a bad header',
      ['mcp', 'add', 'x', 'http://x', '--header', 'nonsense'],
      {},
      2,
      /Expected "name: value"/,
    ],
    ['an unknown command', ['dance'], {}, 2, /unknown command 'dance'/],
    ['a forgotten value', ['prompts', 'show'], {}, 2, /missing required argument 'id'/],
  ])('%s', async (_name, words, environment, code, message) => {
    const result = await visavox(words, environment);
    expect(result.code, result.error).toBe(code);
    expect(result.error.split('\n')[0]).toMatch(message);
    expect(result.error).not.toMatch(/\n\s+at /);
  });
});

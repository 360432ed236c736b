/** What is published: in Node, and in a page of the gateway's own origin in real Chromium. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Sdk from './index.ts';
import { events, type ScriptedServer, startScriptedServer } from './testing/scripted-server.ts';

declare global {
  interface Window {
    sdk: typeof Sdk;
  }
}

const root = resolve(import.meta.dirname, '..');
const bundle = readFileSync(resolve(root, 'dist/index.js'), 'utf8');

describe('the package', () => {
  it('is one module without imports, below 12 kB compressed', () => {
    expect(bundle).not.toMatch(/^import\b|\bimport\(|\brequire\(/m);
    expect(gzipSync(bundle, { level: 9 }).length).toBeLessThan(12_000);
  });

  it('has types that need nothing else', () => {
    const types = readFileSync(resolve(root, 'dist/index.d.ts'), 'utf8');
    expect(types).not.toMatch(/^(import\b|export\b.*\bfrom ['"]|\/\/\/ <)/m);
  });

  it('exports its values by name, and knows its version', () => {
    const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
    const code = "import('@spekoai/sdk').then((sdk) => process.stdout.write(Object.keys(sdk).sort().join()))";
    const names = execFileSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' });
    expect(names).toBe('Speko,SpekoApiError,SpekoAuthError,SpekoRateLimitError');
    expect(bundle).toContain(`"${version}"`);
  });
});

const chromiumPath = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

describe.skipIf(chromiumPath === undefined)('a page in Chromium', () => {
  const profile = mkdtempSync(join(tmpdir(), 'speko-chromium-'));
  let context: BrowserContext;
  let server: ScriptedServer;

  beforeAll(async () => {
    server = await startScriptedServer();
    context = await chromium.launchPersistentContext(profile, {
      ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
      headless: false,
      args: ['--no-sandbox', '--headless=new', '--disable-gpu', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await context?.close();
    await server?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  });

  it('transcribes, speaks and completes', async () => {
    const routing = { provider: 'p', model: 'm', failoverCount: 0, scoresRunId: null };
    server.answer((response, request) => {
      const { target } = request;
      if (target === '/sdk.js') response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(bundle);
      else if (target === '/v1/synthesize') {
        response.writeHead(200, { 'Content-Type': 'audio/pcm;rate=24000' }).end(Uint8Array.of(1, 2));
      } else if (target === '/v1/transcribe') {
        events([['done', { text: 'né', confidence: 1, ...routing }]])(response, request);
      } else if (target === '/v1/complete') {
        const usage = { promptTokens: 1, completionTokens: 1 };
        const deltas = ['he', 'llo'].map((text) => ['delta', { text }] as const);
        events([...deltas, ['done', { text: 'hello', usage, ...routing }]])(response, request);
      } else {
        const script = "import * as sdk from '/sdk.js'; window.sdk = sdk;";
        response.writeHead(200, { 'Content-Type': 'text/html' });
        response.end(`<!doctype html><script type="module">${script}</script>`);
      }
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('favicon')) complaints.push(message.text());
    });
    await page.goto(server.url);
    const results = await page.evaluate(async () => {
      const speko = new window.sdk.Speko({ apiKey: 'k', baseUrl: location.origin });
      const options = { language: 'en' };
      const ask = { messages: [{ role: 'user' as const, content: 'x' }], intent: options };
      const { text } = await speko.transcribe(Uint8Array.of(1, 2, 3), { ...options, keywords: ['é'] });
      const { audio, contentType } = await speko.synthesize('x', options);
      const types: string[] = [];
      for await (const event of speko.completeStream(ask)) types.push(event.type);
      const controller = new AbortController();
      controller.abort();
      const abort = await speko.complete(ask, controller.signal).catch((error: Error) => error.name);
      return { text, audio: [...audio], contentType, types, abort };
    });
    expect(results).toEqual({
      text: 'né',
      audio: [1, 2],
      contentType: 'audio/pcm;rate=24000',
      types: ['delta', 'delta', 'done'],
      abort: 'AbortError',
    });
    expect(complaints).toEqual([]);
    const [transcription] = server.requests.filter(({ target }) => target === '/v1/transcribe');
    expect([...(transcription?.body ?? [])]).toEqual([1, 2, 3]);
    expect(transcription?.headers['user-agent']).toContain('Chrome');
    expect(transcription?.headers['x-speko-stt-options']).toBe('{"keywords":["\\u00e9"]}');
  });
});

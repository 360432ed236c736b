/** Every code example of the published SDK documents against this server: those for pages in Chromium. */
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import * as sdk from 'perso-interactive-sdk-web/server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ExpressLike,
  pageExamples,
  type SeedNames,
  serverExamples,
} from '../../packages/perso-interactive-sdk-web/src/seed-examples/index.ts';
import { type Api, createApi } from '../src/api.ts';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import { createConversationVendor } from '../src/conversation-vendor.ts';
import { createWav } from '../src/generations.ts';
import { type CustomerSite, serveCustomerSite } from '../src/pages.ts';

// The global of the script-tag build, and what tests keep on the window.
declare const PersoInteractive: any;
declare const seed: any;

const PAGE_EXAMPLES = new URL(
  '../../packages/perso-interactive-sdk-web/src/seed-examples/page-examples.ts',
  import.meta.url,
);
const RULES = 'locale,kind,pattern,replacement\nen,literal,SQL,sequel\n';

describe('examples of the documents', () => {
  let server: RunningServer;
  let api: Api;
  let names: SeedNames;

  beforeAll(async () => {
    server = await startTestServer({ providers: [createConversationVendor().provider] });
    api = createApi(server);
    const manage = async (path: string, body: object): Promise<any> => {
      const response = await fetch(`${server.url}/manage/v1/${path}`, {
        method: 'POST',
        headers: { 'PersoLive-APIKey': server.apiKey, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.json();
    };
    const [{ prompt_id: prompt }] = await api.get('prompt/');
    const model_style = 'yuri-front_natural';
    const { textnormalizationconfig_id: rules } = await manage('normalizations', { name: 'R', rules: RULES });
    const template = await manage('templates', { name: 'T', prompt, model_style });
    names = {
      ...{ prompt, model_style, llm_type: 'gpt-35', tts_type: 'yuri', stt_type: 'default' },
      sessionTemplateId: template.sessiontemplate_id,
      textNormalizationConfigId: rules,
    };
  });
  afterAll(() => server?.close());

  describe.skipIf(chromiumPath === undefined)('for pages', () => {
    let browser: Browser;
    let site: CustomerSite;
    let page: Page;
    let connectedId: string;

    const createSession = () =>
      api.createSession({
        ...{ capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'], llm_type: 'gpt-35', stt_type: 'default' },
      });

    beforeAll(async () => {
      browser = await launchBrowser();
      site = await serveCustomerSite();
      page = await browser.newPage();
      await page.goto(site.url);
      // Types are all that the examples import.
      const module = stripTypeScriptTypes(await readFile(PAGE_EXAMPLES, 'utf8'));
      await page.addScriptTag({ type: 'module', content: `${module}\nwindow.pageExamples = pageExamples;` });
      await page.waitForFunction(() => 'pageExamples' in window);
      connectedId = await createSession();
      await page.evaluate(
        async ([apiServer, apiKey, named, wav, sessionId]) => {
          const audioData = Uint8Array.from(atob(wav), (sign) => sign.charCodeAt(0)).buffer;
          const input = document.createElement('input');
          input.type = 'file';
          const files = new DataTransfer();
          files.items.add(new File([audioData], 'own.wav'));
          input.files = files.files;
          document.body.append(input);
          const options = { apiServer, sessionId, width: 480, height: 640, clientTools: [] };
          const context = {
            ...{ apiServer, apiKey, names: named, client: PersoInteractive, document, audioData },
            audioBlob: new Blob([audioData], { type: 'audio/wav' }),
            session: await PersoInteractive.createSession(options),
            userSpeaks: () => new Promise((resolve) => setTimeout(resolve, 700)),
          };
          Object.assign(window, { seed: context });
        },
        [server.url, server.apiKey, names, createWav(500, 0.5).toString('base64'), connectedId] as const,
      );
    });
    afterAll(async () => {
      await browser?.close();
      await site?.close();
    });

    const heard = expect.stringMatching(/^heard [\d.]+ s in \w+$/);
    const link = expect.stringMatching(/\.csv\?/);
    const entries = (field: string) =>
      expect.arrayContaining([expect.objectContaining({ [field]: expect.any(String) })]);
    const said = 'Hello there. How are you?';
    const base64 = expect.stringMatching(/^[A-Za-z0-9+/]+=*$/);
    const expected: Readonly<Record<string, unknown>> = {
      'get-text-normalization-v15': link,
      'get-text-normalization': link,
      'client-side-testing-v15': 'session',
      'client-side-testing': 'session',
      'create-session': 'session',
      'get-llms': entries('name'),
      'get-ttss': entries('name'),
      'get-stts': entries('name'),
      'get-model-styles': entries('name'),
      'get-prompts': entries('prompt_id'),
      'get-documents': expect.any(Array),
      'get-background-images': expect.any(Array),
      'get-mcp-servers': expect.any(Array),
      'get-text-normalizations': entries('textnormalizationconfig_id'),
      'get-all-settings': expect.objectContaining({ llms: entries('name'), mcpServers: expect.any(Array) }),
      'make-tts-v15': base64,
      'make-tts': base64,
      'get-session-info': expect.objectContaining({ status: 'CREATED' }),
      'process-llm': expect.arrayContaining(['message']),
      'process-llm-cancel': { aborted: 0, broken: 1 },
      'get-message-history': expect.arrayContaining([{ role: 'user', content: 'Hello, how are you?' }]),
      'transcribe-audio': [heard, heard],
      'transcribe-audio-detailed': { text: heard },
      'process-tts': ['audio/wav', 'audio/mpeg'],
      'process-stf': expect.stringMatching(/^file-/),
      stt: heard,
      'is-stt-recording': heard,
      'last-recorded-audio-file': { text: heard, name: 'recording.wav', type: 'audio/wav' },
      'log-session-event': 'logged',
      'chat-tool': [
        { temperature: '30℃', condition: 'Mostly clear', humidity: '68%', wind: '10.3km/h' },
        { temperature: '86℉', condition: 'Mostly clear', humidity: '68%', wind: '10.3km/h' },
        { result: 'failed' },
      ],
      'stt-error': 'STT recording is not in progress',
      'tts-error': ['TTS API error'],
      'llm-stream-chunk': { streamed: said, finished: said, tools: [] },
      'llm-processor': expect.objectContaining({ history: expect.arrayContaining([expect.anything()]) }),
      'wav-recorder': [heard, heard],
    };

    // keeps: sdk-9-documents
    test.each(pageExamples.map(({ id }) => id))('%s', async (id) => {
      const sessionId = await createSession();
      const result = await page.evaluate(
        async ([wanted, fresh]) => {
          // Set when the page was prepared.
          const { pageExamples: examples } = window as unknown as { pageExamples: any[] };
          const example = examples.find((candidate) => candidate.id === wanted);
          const found = await example.run({ ...seed, sessionId: fresh });
          if (!(found instanceof PersoInteractive.Session)) return found;
          found.stopSession();
          return 'session';
        },
        [id, sessionId] as const,
      );
      expect(Object.keys(expected)).toContain(id);
      expect(result).toEqual(expected[id]);
      if (id.startsWith('get-text-normalization')) {
        if (typeof result === 'string') expect(await (await fetch(result)).text()).toBe(RULES);
      }
    });

    // keeps: sdk-9-documents
    test('the log events were recorded, and nothing has ended the session', async () => {
      const response = await fetch(`${server.url}/manage/v1/sessions/${connectedId}/events`, {
        headers: { 'PersoLive-APIKey': server.apiKey },
      });
      const { items }: any = await response.json();
      expect(items.map(({ detail }: any) => detail)).toEqual([
        'user clicked submit button',
        '{"action":"button_click","target":"submit"}',
        '',
      ]);
      expect((await api.session(connectedId)).status).toBe('IN_PROGRESS');
      await page.evaluate(() => seed.session.stopSession());
    });
  });

  describe('for servers', () => {
    /** As much of Express as the examples use, over a real socket. */
    function createExpress(): { express: () => ExpressLike; handlers: Map<string, any>; close(): void } {
      const handlers = new Map<string, any>();
      const open: http.Server[] = [];
      const express = (): ExpressLike => ({
        post: (route, handler) => handlers.set(route, handler),
        listen: (port, onListening) => {
          const application = http.createServer((request, response) => {
            let status = 200;
            const reply = {
              json: (body: unknown) => {
                response.writeHead(status, { 'Content-Type': 'application/json' });
                response.end(JSON.stringify(body));
              },
              status: (code: number) => {
                status = code;
                return reply;
              },
            };
            void handlers.get(request.url ?? '')(request, reply);
          });
          open.push(application);
          return application.listen(port, '127.0.0.1', onListening);
        },
      });
      const close = () => {
        for (const application of open) {
          application.close();
          application.closeAllConnections();
        }
      };
      return { express, handlers, close };
    }

    const error = ['DoesNotExistError', 'prompt'];
    const id = expect.stringMatching(/^[0-9a-f]{32}$/);
    const expected: Readonly<Record<string, unknown>> = {
      'create-session-id-template-v15': id,
      'get-intro-message-v15': expect.any(String),
      'create-session-id-params': id,
      'create-session-id-template': id,
      'get-intro-message': expect.any(String),
      'get-session-templates': [expect.objectContaining({ name: 'T' })],
      'get-session-template': expect.objectContaining({ name: 'T' }),
      'session-creation-errors-v15': error,
      'session-creation-errors': error,
      'perso-util-server': expect.objectContaining({
        download: expect.objectContaining({ config_name: 'R' }),
      }),
    };

    // keeps: sdk-9-documents
    test.each(serverExamples.map((example) => [example.id, example] as const))(
      '%s',
      async (name, example) => {
        const application = createExpress();
        try {
          const context = { apiServer: server.url, apiKey: server.apiKey, names, server: sdk };
          const result = await example.run({ ...context, express: application.express, port: 0 });
          if (!name.startsWith('express')) {
            expect(Object.keys(expected)).toContain(name);
            expect(result).toEqual(expected[name]);
            return;
          }
          if (!(result instanceof http.Server)) throw new Error('The example returns what it listens with.');
          await expect.poll(() => result.listening).toBe(true);
          // It listens on TCP, so the address is not the string of a pipe.
          const { port } = result.address() as AddressInfo;
          for (const route of ['/api/session', '/api/session-from-template']) {
            const response = await fetch(`http://127.0.0.1:${port}${route}`, { method: 'POST' });
            expect(await response.json()).toEqual({ sessionId: id });
          }
        } finally {
          application.close();
        }
      },
    );
  });
});

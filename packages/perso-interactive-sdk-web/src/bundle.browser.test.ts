/** The built package, as servers and bundlers load it. */

import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { privateNames } from '../scripts/private-names.ts';
import type * as Client from './client.ts';
import type * as Server from './server.ts';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(resolve(root, 'package.json'));
const load = (path: string): Promise<unknown> => import(pathToFileURL(resolve(root, path)).href);

const esmClient = (await load('dist/client/index.js')) as typeof Client;
const esmServer = (await load('dist/server/index.js')) as typeof Server;
const cjsClient = require('perso-interactive-sdk-web') as typeof Client;
const cjsServer = require('perso-interactive-sdk-web/server') as typeof Server;

describe('builds', () => {
  // keeps: sdk-8.4-server-exports, sdk-8.1-client-exports
  it('have the same exports as ESM and CommonJS', () => {
    expect(Object.keys(cjsClient).sort()).toEqual(Object.keys(esmClient).sort());
    expect(Object.keys(cjsServer).sort()).toEqual(Object.keys(esmServer).sort());
    expect(Object.keys(esmServer).sort()).toEqual(
      [
        ...['createSessionId', 'getIntroMessage', 'getLLMs', 'getTTSs', 'getSTTs', 'getModelStyles'],
        ...['getBackgroundImages', 'getPrompts', 'getDocuments', 'getMcpServers', 'getTextNormalizations'],
        ...['getTextNormalization', 'getSessionTemplates', 'getSessionTemplate', 'getAllSettings', 'makeTTS'],
        ...['getSessionInfo', 'DEFAULT_API_SERVER', 'PersoUtilServer', 'ApiError', 'SessionCreationError'],
        ...['DoesNotExistError', 'NotInOrganizationError'],
      ].sort(),
    );
  });

  it('recognize each other’s errors', () => {
    const error = new cjsServer.DoesNotExistError(new esmClient.ApiError(400, 'does_not_exist', 'x'));
    for (const copy of [esmClient, esmServer, cjsClient, cjsServer]) {
      expect(error instanceof copy.DoesNotExistError).toBe(true);
      expect(error instanceof copy.ApiError).toBe(true);
      expect((error as unknown) instanceof copy.NotInOrganizationError).toBe(false);
    }
  });

  it('leave the emoji pattern to its package, but not in the script', () => {
    const text = (path: string): string => readFileSync(resolve(root, path), 'utf8');
    expect(text('dist/client/index.js')).toContain('from "emoji-regex"');
    expect(text('dist/client/index.cjs')).toContain('require("emoji-regex")');
    expect(text('dist/server/index.js')).not.toContain('emoji-regex');
    expect(text('dist/client/index.iife.js')).not.toMatch(/\brequire\(|\bimport\b/);
  });

  it('use no assignment that came after ES2020', () => {
    for (const path of ['client/index.js', 'client/index.iife.js', 'core/1.0.1/perso-interactive-sdk.js']) {
      expect(readFileSync(resolve(root, 'dist', path), 'utf8')).not.toMatch(/\?\?=|\|\|=|&&=/);
    }
  });

  // keeps: sdk-8.4-server-exports
  it('load on a server without browser objects', () => {
    const code = "import('perso-interactive-sdk-web/server').then(() => process.stdout.write(typeof window))";
    expect(execFileSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' })).toBe('undefined');
  });

  // 12 kB are 12,288 bytes of gzip at level 9.
  it('keep the scripts below 12 kB compressed, and those of the first generation below 7.5 kB', () => {
    const compressedBytes = (path: string): number =>
      gzipSync(readFileSync(resolve(root, 'dist', path)), { level: 9 }).length;
    expect(compressedBytes('client/index.iife.js')).toBeLessThanOrEqual(12_288);
    expect(compressedBytes('core/1.0.0/perso-interactive-sdk.js')).toBeLessThanOrEqual(7_680);
    expect(compressedBytes('core/1.0.1/perso-interactive-sdk.js')).toBeLessThanOrEqual(7_680);
  });

  it('shorten no name that pages or servers know', () => {
    const text = (path: string): string => readFileSync(resolve(root, path), 'utf8');
    const uses = globSync(['README.md', 'src/**/*.examples.ts', 'src/seed-examples/page-examples.ts'], {
      cwd: root,
    }).map(text);
    const members = ['src/types.ts', 'src/seed-examples/signatures.test-d.ts'].map(text);
    const known = privateNames.filter(
      (name) =>
        uses.some((code) => new RegExp(`\\.${name}\\b`).test(code)) ||
        members.some((code) => new RegExp(`^ +(readonly )?${name}\\??[:(]`, 'm').test(code)),
    );
    expect(known).toEqual([]);
    const script = text('dist/client/index.iife.js');
    expect(privateNames.filter((name) => new RegExp(`\\.${name}\\b`).test(script))).toEqual([]);
  });

  it('describe the global of the first generation', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sdk-types-'));
    const uses = `
      async function start(key: string, video: HTMLVideoElement): Promise<PersoInteractive.Session> {
        const settings = await PersoInteractive.getAllSettings('a', key);
        const tool = new PersoInteractive.ChatTool('t', 'd', {}, (arg) => ({ result: arg.n }), true);
        const id = await PersoInteractive.createSessionId('a', key, {
          using_stf_webrtc: true, model_style: settings.modelStyles[0].name, prompt: 'p',
        });
        const session = await PersoInteractive.createSession('a', id, 1, 1, false, [tool]);
        session.setSrc(video);
        session.subscribeChatStates((states) => states.has(PersoInteractive.ChatState.SPEAKING));
        session.onClose((manual: boolean) => console.log(manual));
        session.processChat('Hi');
        return session;
      }`;
    const check = (version: string, more: string): string => {
      const types = resolve(root, `dist/core/${version}/perso-interactive-sdk.d.ts`);
      const script = join(folder, `uses-${version}.ts`);
      writeFileSync(script, `/// <reference path="${types}" />\n${uses}\n${more}`);
      const tsc = resolve(root, '../../node_modules/.bin/tsc');
      const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom'];
      try {
        return execFileSync(tsc, [...options, script], { cwd: folder, encoding: 'utf8' });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    const catches = '(error: PersoInteractive.ApiError) => error.errorCode;';
    const narrows = 'new PersoInteractive.ApiError(400, "c", "d") instanceof PersoInteractive.ApiError;';
    const refused = '\n// @ts-expect-error\n';
    expect(check('1.0.0', `${catches}${refused}${narrows}`)).toBe('');
    expect(check('1.0.1', `${catches}\n${narrows}${refused}PersoInteractive.makeTTS;`)).toBe('');
    rmSync(folder, { recursive: true });
  });

  it('describe themselves in one file of types each', () => {
    for (const path of [
      'client/index.d.ts',
      'client/index.d.cts',
      'server/index.d.ts',
      'server/index.d.cts',
    ]) {
      expect(readFileSync(resolve(root, 'dist', path), 'utf8')).not.toMatch(/from '\.|from "\./);
    }
  });
});

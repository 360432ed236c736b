/** The built package, as servers and bundlers load it. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
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

  it('load on a server without browser objects', () => {
    const code = "import('perso-interactive-sdk-web/server').then(() => process.stdout.write(typeof window))";
    expect(execFileSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' })).toBe('undefined');
  });

  it('keep the script below 12 kB compressed', () => {
    const script = readFileSync(resolve(root, 'dist/client/index.iife.js'));
    expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(12_000);
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

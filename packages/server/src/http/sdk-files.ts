/**
 * The script-tag builds of the browser SDK under the paths that pages know from CDNs, so that a page moves here by
 * changing the host: `/core/<version>/…` and `/npm/perso-interactive-sdk-web@<version>/dist/client/index.iife.js`.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PlatformError } from '@visavox/contract';
import type { Hono } from 'hono';

const SCRIPT = 'text/javascript; charset=utf-8';
const TYPES = 'text/plain; charset=utf-8';

/** Generations that have a build of their own. */
const CORE_VERSIONS = ['1.0.0', '1.0.1'];
const CORE_FILES: Readonly<Record<string, string>> = {
  'perso-interactive-sdk.js': SCRIPT,
  'perso-interactive-sdk.d.ts': TYPES,
};

export function serveSdkFiles(app: Hono, directory: string | undefined): void {
  const send = async (file: string, contentType: string): Promise<Response> => {
    const bytes =
      directory === undefined ? undefined : await readFile(path.join(directory, file)).catch(() => undefined);
    if (bytes === undefined) {
      throw new PlatformError('not_found', 'The browser SDK is not built on this server.');
    }
    return new Response(new Uint8Array(bytes), {
      headers: { 'Content-Type': contentType, 'Cache-Control': 'public, max-age=300' },
    });
  };

  const core = async (version: string, file: string): Promise<Response> => {
    const contentType = CORE_FILES[file];
    if (contentType === undefined) throw new PlatformError('not_found', 'No such file of the SDK.');
    if (CORE_VERSIONS.includes(version)) return send(path.join('core', version, file), contentType);
    if (/^(latest|1(\.\d+){0,2})$/.test(version) && file.endsWith('.js')) {
      return send(path.join('client', 'index.iife.js'), contentType);
    }
    throw new PlatformError('not_found', `There is no version ${version.slice(0, 20)} of the SDK here.`);
  };
  app.get('/core/:version/:file', (context) => core(context.req.param('version'), context.req.param('file')));
  app.get('/gh/:owner/:repository/core/:version/:file', (context) =>
    core(context.req.param('version'), context.req.param('file')),
  );

  app.get('/npm/:package/dist/client/index.iife.js', (context) => {
    if (!/^perso-interactive-sdk(-web)?(@[\w.^~-]+)?$/.test(context.req.param('package'))) {
      throw new PlatformError('not_found', 'Only perso-interactive-sdk-web is served here.');
    }
    return send(path.join('client', 'index.iife.js'), SCRIPT);
  });
}

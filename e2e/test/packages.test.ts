/**
 * Every package that is published, as its users get it: packed, installed into an empty project, its README's first
 * example run as ES module, CommonJS and script, and compiled against its types.
 */
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import { createConversationVendor } from '../src/conversation-vendor.ts';
import { runProgram, startProgram } from '../src/programs.ts';
import { type Example, fillIn, readExamples, toCommonJs, toModule } from '../src/readme-examples.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const TSC = path.join(REPOSITORY, 'node_modules', '.bin', 'tsc');
const NODE_TYPES = path.join(REPOSITORY, 'node_modules', '@types');
const EXAMPLE_SERVER = 'https://visavox.example.com';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license: string;
  readonly description?: string;
  readonly files?: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Published {
  readonly folder: string;
  readonly manifest: Manifest;
}

const read = async (file: string): Promise<Manifest> => JSON.parse(await readFile(file, 'utf8'));

const published: readonly Published[] = (
  await Promise.all(
    globSync('packages/*/package.json', { cwd: REPOSITORY })
      .sort()
      .map(async (file) => ({
        folder: path.join(REPOSITORY, path.dirname(file)),
        manifest: await read(path.join(REPOSITORY, file)),
      })),
  )
).filter(({ manifest }) => manifest.private !== true);

/** Bytes of the tarball, and of files as browsers load them (gzip). A package that grows on purpose gets more. */
const LIMITS: Readonly<
  Record<string, { readonly tarball: number; readonly gzip?: Readonly<Record<string, number>> }>
> = {
  'perso-interactive-sdk-web': {
    tarball: 460_000,
    gzip: {
      'dist/client/index.iife.js': 12_288,
      'dist/client/index.js': 30_000,
      'dist/server/index.js': 8000,
    },
  },
  '@spekoai/sdk': { tarball: 60_000, gzip: { 'dist/index.js': 12_000 } },
  visavox: { tarball: 1_000_000 },
};

let work: string;
let server: RunningServer;
let api: Api;
let prompt: string;

/** Packs it, and installs the tarball into an empty project. Resolves with the project's folder. */
async function installPacked({ folder, manifest }: Published): Promise<{ project: string; tarball: string }> {
  const project = await mkdtemp(path.join(work, 'project-'));
  const said = await runProgram(
    'npm',
    ['pack', '--json', '--loglevel=error', '--pack-destination', project],
    { cwd: folder },
  );
  // A list with one entry by npm's documentation.
  const [{ filename }] = JSON.parse(said.slice(said.indexOf('['))) as [{ readonly filename: string }];
  const tarball = path.join(project, filename);
  await writeFile(path.join(project, 'package.json'), '{ "private": true }\n');
  const offline = Object.keys(manifest.dependencies ?? {}).length === 0 ? '--offline' : '--prefer-offline';
  await runProgram('npm', ['install', offline, '--no-audit', '--no-fund', '--loglevel=error', tarball], {
    cwd: project,
  });
  return { project, tarball };
}

beforeAll(async () => {
  work = await mkdtemp(path.join(os.tmpdir(), 'visavox-packages-'));
  server = await startTestServer({
    providers: [createConversationVendor().provider],
    // Nobody has measured the scripted one.
    environment: { VISAVOX_ROUTE_UNMEASURED: 'on' },
  });
  api = createApi(server);
  const [first] = await api.get('prompt/');
  prompt = first.prompt_id;
});
afterAll(async () => {
  await server?.close();
  await rm(work, { recursive: true, force: true });
});

test('there are packages to publish, each with a limit', () => {
  expect(published.map(({ manifest }) => manifest.name).sort()).toEqual(
    expect.arrayContaining(['@spekoai/sdk', 'perso-interactive-sdk-web']),
  );
  for (const { manifest } of published) expect(LIMITS[manifest.name], manifest.name).toBeDefined();
});

describe.each(published)('$manifest.name', (one) => {
  const { manifest } = one;
  let project: string;
  let tarball: string;
  let installed: string;
  let examples: readonly Example[];

  beforeAll(async () => {
    ({ project, tarball } = await installPacked(one));
    installed = path.join(project, 'node_modules', manifest.name);
    const readme = await readFile(path.join(installed, 'README.md'), 'utf8').catch(() => '');
    examples = readExamples(readme);
  });

  /** The first example in TypeScript that imports this entry. */
  const exampleFor = (entry: string): string => {
    const found = examples.find(
      ({ language, code }) => language === 'ts' && code.includes(`from '${entry}'`),
    );
    if (found === undefined) throw new Error(`The README has no example of ${entry}.`);
    return found.code;
  };

  test('the tarball holds what it should, and is no larger than it may be', async () => {
    const { tarball: limit = 0, gzip = {} } = LIMITS[manifest.name] ?? {};
    expect((await stat(tarball)).size).toBeLessThan(limit);
    for (const [file, bytes] of Object.entries(gzip)) {
      expect(
        gzipSync(await readFile(path.join(installed, file)), { level: 9 }).length,
        file,
      ).toBeLessThanOrEqual(bytes);
    }
    const names = globSync('**/*', { cwd: installed, exclude: ['node_modules'] });
    const top = [...new Set(names.map((name) => name.split(path.sep)[0]))].sort();
    expect(top).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    expect(await readFile(path.join(installed, 'LICENSE'), 'utf8')).toContain('Apache License');
    expect(manifest).toMatchObject({
      license: 'Apache-2.0',
      description: expect.any(String),
      files: ['dist', 'README.md'],
    });
    // The workspace does not exist for users.
    const { dependencies = {} } = await read(path.join(installed, 'package.json'));
    expect(Object.values(dependencies).filter((range) => range.startsWith('workspace:'))).toEqual([]);
    // Paths of the machine that built it would be in source maps.
    for (const name of names.filter((file) => file.endsWith('.map'))) {
      expect(await readFile(path.join(installed, name), 'utf8'), name).not.toContain(REPOSITORY);
    }
  });

  if (manifest.bin !== undefined) {
    test('its command starts and tells its version', async () => {
      for (const command of Object.keys(manifest.bin ?? {})) {
        const program = path.join(project, 'node_modules', '.bin', command);
        expect((await runProgram(program, ['--version'], { cwd: project })).trim()).toBe(manifest.version);
        expect(await runProgram(program, ['--help'], { cwd: project })).toContain(`Usage: ${command}`);
      }
    });
  }

  if (manifest.name === '@spekoai/sdk') {
    describe('its first example', () => {
      const fill = (code: string) => fillIn(code, { [EXAMPLE_SERVER]: server.url });

      test.each([
        ['ES module', 'example.mjs', toModule],
        ['CommonJS', 'example.cjs', toCommonJs],
      ] as const)('runs as %s', async (_, name, convert) => {
        await writeFile(path.join(project, name), convert(fill(exampleFor('@spekoai/sdk'))));
        const out = await runProgram(process.execPath, [name], {
          cwd: project,
          environment: { SPEKO_API_KEY: server.apiKey },
        });
        expect(out).toMatch(/^Hello there\. How are you\? \(\S+ \S+\)/);
      });

      test.each(MODES)('compiles with moduleResolution $moduleResolution', COMPILE, (mode) =>
        compile(project, mode, [exampleFor('@spekoai/sdk')], '@spekoai/sdk'),
      );
    });
  }

  if (manifest.name === 'perso-interactive-sdk-web') {
    describe('its first examples', () => {
      const serverEntry = 'perso-interactive-sdk-web/server';
      const clientEntry = 'perso-interactive-sdk-web/client';

      /** The server of the README on a port of its own. */
      const startExampleServer = async (name: string, convert: (code: string) => string) => {
        const port = await freePort();
        const code = fillIn(exampleFor(serverEntry), {
          [EXAMPLE_SERVER]: server.url,
          '<model style name>': 'yuri-front_natural',
          '<prompt_id>': prompt,
          '<LLM name>': 'gpt-35',
          '<TTS name>': 'yuri',
          '<STT name>': 'default',
          'listen(3000)': `listen(${port}, '127.0.0.1', () => console.log('listening'))`,
        });
        await writeFile(path.join(project, name), convert(code));
        const program = await startProgram(process.execPath, [name], {
          cwd: project,
          environment: { PERSO_INTERACTIVE_API_KEY: server.apiKey },
          until: /listening/,
        });
        return { url: `http://127.0.0.1:${port}/`, program };
      };

      test.each([
        ['ES module', 'server.mjs', toModule],
        ['CommonJS', 'server.cjs', toCommonJs],
      ] as const)('the server runs as %s and creates sessions', async (_, name, convert) => {
        const { url, program } = await startExampleServer(name, convert);
        try {
          const { sessionId } = await (await fetch(url)).json();
          expect(await api.session(sessionId)).toMatchObject({ status: 'CREATED' });
        } finally {
          await program.close();
        }
      });

      test.each(MODES)('they compile with moduleResolution $moduleResolution', COMPILE, (mode) =>
        compile(project, mode, [exampleFor(serverEntry), exampleFor(clientEntry)], clientEntry),
      );

      test('both forms of each entry export the same', async () => {
        for (const entry of ['perso-interactive-sdk-web', clientEntry, serverEntry]) {
          const code = `import * as module from '${entry}';
          import { createRequire } from 'node:module';
          const names = (value) => Object.keys(value).filter((name) => name !== 'module.exports').sort();
          console.log(JSON.stringify([names(module), names(createRequire(import.meta.url)('${entry}'))]));`;
          await writeFile(path.join(project, 'names.mjs'), code);
          const [esm, cjs] = JSON.parse(await runProgram(process.execPath, ['names.mjs'], { cwd: project }));
          expect(esm).toEqual(cjs);
          expect(esm).toContain('createSessionId');
        }
      });

      describe.skipIf(chromiumPath === undefined)('in a page', () => {
        let browser: Browser;
        let site: { readonly url: string; close(): void };
        let exampleServer: Awaited<ReturnType<typeof startExampleServer>>;

        beforeAll(async () => {
          browser = await launchBrowser();
          exampleServer = await startExampleServer('page-server.mjs', toModule);
          const script = examples.find(({ language }) => language === 'html');
          if (script === undefined) throw new Error('The README has no page with a script.');
          // The only thing that a reader adds is somewhere to look from outside.
          const page = fillIn(script.code, {
            [EXAMPLE_SERVER]: server.url,
            'session.setSrc(': 'window.session = session; session.setSrc(',
          });
          const module = fillIn(toModule(exampleFor(clientEntry)), { [EXAMPLE_SERVER]: server.url });
          site = await serveSite(installed, path.join(project, 'node_modules'), exampleServer.url, {
            '/script': page,
            '/module': `<video autoplay playsinline></video>
            <script type="importmap">${JSON.stringify({ imports: { [clientEntry]: importPath(manifest, './client'), 'emoji-regex': '/node_modules/emoji-regex/index.mjs' } })}</script>
            <script type="module">${module}\nwindow.session = session;</script>`,
          });
        });
        afterAll(async () => {
          await browser?.close();
          site?.close();
          await exampleServer?.program.close();
        });

        const open = async (place: string): Promise<{ page: Page; errors: string[]; logged: string[] }> => {
          const page = await browser.newPage();
          const errors: string[] = [];
          const logged: string[] = [];
          page.on('pageerror', (error) => errors.push(error.message));
          page.on('console', (message) => logged.push(message.text()));
          await page.goto(`${site.url}${place}`);
          return { page, errors, logged };
        };
        const seesPicture = (page: Page) =>
          page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0, undefined, {
            timeout: 20_000,
          });

        test('the script build shows the AI human', async () => {
          const { page, errors } = await open('/script');
          await seesPicture(page);
          expect(await page.evaluate(() => Object.keys((window as any).session).length)).toBeGreaterThan(0);
          expect(errors).toEqual([]);
          await page.close();
        });

        test('the ES module shows her, and she answers', async () => {
          const { page, errors, logged } = await open('/module');
          await seesPicture(page);
          await expect
            .poll(() => logged.join('\n'), { timeout: 20_000 })
            .toContain('Hello there. How are you?');
          await expect.poll(() => logged.join('\n'), { timeout: 20_000 }).toContain('speaking: true');
          expect(errors).toEqual([]);
          await page.close();
        });
      });
    });
  }
});

/** Compilers are slow on a machine that does other things. */
const COMPILE = { timeout: 120_000 };

interface Mode {
  readonly moduleResolution: 'bundler' | 'node16' | 'node10';
  readonly module: string;
}

const MODES: readonly Mode[] = [
  { moduleResolution: 'bundler', module: 'esnext' },
  { moduleResolution: 'node16', module: 'node16' },
  { moduleResolution: 'node10', module: 'esnext' },
];

/** Compiles examples as a user's project would, the package's own types included. */
async function compile(
  project: string,
  { moduleResolution, module }: Mode,
  sources: readonly string[],
  entry: string,
): Promise<void> {
  const folder = path.join(project, `types-${moduleResolution}`);
  await mkdir(folder);
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  const options = {
    compilerOptions: {
      ...{ moduleResolution, module, target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'] },
      ...{
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        skipDefaultLibCheck: true,
        types: ['node'],
        typeRoots: [NODE_TYPES],
      },
      ...(moduleResolution === 'node10' ? { ignoreDeprecations: '6.0' } : {}),
    },
    include: ['*.ts'],
  };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
  for (const [index, source] of sources.entries()) {
    await writeFile(path.join(folder, `example-${index}.ts`), source);
  }
  // Types that were not found would be `any`, which fits everything.
  await writeFile(
    path.join(folder, 'wrong.ts'),
    `import * as module from '${entry}';\nexport const wrong: string = module;\n`,
  );
  const out = await runProgram(TSC, ['-p', folder], { cwd: folder, timeoutMs: 110_000 }).catch(String);
  const errors = out.split('\n').filter((line) => line.includes('error TS'));
  expect(errors).toEqual([expect.stringMatching(/^wrong\.ts\(2,14\): error TS2322/)]);
}

/** Where the entry's ES module is, below the site. */
function importPath({ name, exports }: Manifest, entry: string): string {
  const target = exports[entry] as { readonly import: { readonly default: string } }; // as in its package.json
  return `/node_modules/${name}/${target.import.default.replace('./', '')}`;
}

/** Pages, the installed packages, the script next to the page, and `/api/session` of the README's server. */
async function serveSite(
  installed: string,
  modules: string,
  sessionUrl: string,
  pages: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; close(): void }> {
  const site = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.invalid');
    const script = { 'content-type': 'text/javascript' };
    const page = pages[pathname];
    try {
      if (page !== undefined) {
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(`<!doctype html><meta charset="utf-8">${page}`);
      } else if (pathname === '/api/session') {
        response.end(await (await fetch(sessionUrl)).text());
      } else if (pathname === '/index.iife.js') {
        response
          .writeHead(200, script)
          .end(await readFile(path.join(installed, 'dist/client/index.iife.js')));
      } else if (pathname.startsWith('/node_modules/')) {
        const file = path.join(modules, pathname.slice('/node_modules/'.length));
        response.writeHead(200, script).end(await readFile(file));
      } else response.writeHead(204).end();
    } catch {
      response.writeHead(404).end();
    }
  });
  const port = await listen(site);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      site.close();
      site.closeAllConnections();
    },
  };
}

async function listen(site: Server): Promise<number> {
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  // It listens on TCP, so the address is not the string of a pipe.
  return (site.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const site = createServer();
  const port = await listen(site);
  await new Promise((resolve) => site.close(resolve));
  return port;
}

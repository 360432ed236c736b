/**
 * The README, followed to the letter in an empty folder: its commands are read from it and run in its order, and the page
 * that it promises is used as it says. It takes packages from the stores of npm and pnpm where they have them.
 */
import { execFileSync } from 'node:child_process';
import { cp, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import { type RunningProgram, runProgram, startProgram } from '../src/programs.ts';
import { readExamples } from '../src/readme-examples.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Commands that are not run here, and why. Whatever else the README shows must end well. */
const SKIPPED: Readonly<Record<string, string>> = {
  'npm test': 'is the gate that runs this test',
  'npm run chat': 'is a conversation in a terminal; chat.test.ts has some',
  'npm run visavox -- bench providers --language en,ko': 'measures for minutes; bench.test.ts runs it',
};
/** It goes on until Ctrl-C; the others need it. */
const START = 'npm start';
/** Downloads some 600 MB where the stores are empty; 30 s where they are not. */
const INSTALL_LIMIT_MS = 400_000;

const readme = await readFile(path.join(REPOSITORY, 'README.md'), 'utf8');
const commands = readExamples(readme)
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '');
const others = commands.filter((command) => command !== START && !(command in SKIPPED));

test('the README begins with the start, and every command that is left out is one of it', () => {
  expect(commands[0]).toBe(START);
  expect(Object.keys(SKIPPED).filter((command) => !commands.includes(command))).toEqual([]);
});

describe('in an empty folder', () => {
  let folder: string;
  let environment: Readonly<Record<string, string | undefined>>;
  let started: RunningProgram;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-readme-'));
    await copyCheckout(folder);
    await writeFile(
      path.join(folder, 'handbook.pdf'),
      createPdf('The shop opens at nine and closes at six.'),
    );
    environment = await createEnvironment();
    started = await startProgram('npm', ['start'], {
      ...{ cwd: folder, environment, timeoutMs: INSTALL_LIMIT_MS },
      until: /Ctrl-C stops/,
    });
  }, INSTALL_LIMIT_MS + 20_000);
  afterAll(async () => {
    await started?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const printed = (name: string): string => {
    const [, value] = new RegExp(`^ +${name} +(\\S+)`, 'm').exec(started.output()) ?? [];
    if (value === undefined) throw new Error(`No ${name} was printed:\n${started.output()}`);
    return value;
  };

  test('the key that is printed is one, and the documentation is there', async () => {
    const origin = new URL(printed('Open')).origin;
    const list = (key: string) => fetch(`${origin}/api/v1/prompt/`, { headers: { 'PersoLive-APIKey': key } });
    expect((await list(printed('Key'))).status).toBe(200);
    expect((await list('plak-another')).status).toBe(401);
    expect(await (await fetch(`${origin}/docs`)).text()).toContain('<html');
  });

  describe.skipIf(chromiumPath === undefined)('the page', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterAll(() => browser?.close());

    test('opens at the printed URL; after START somebody is seen, and answers what is typed', async () => {
      const question = /type "([^"]+)"/.exec(readme)?.[1] ?? '';
      const page = await browser.newPage();
      await page.goto(printed('Open'));
      await page.getByText('START', { exact: true }).click();
      await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.2, undefined, {
        timeout: 30_000,
      });
      await page.getByLabel('Message').fill(question);
      await page.keyboard.press('Enter');
      await expect
        .poll(() => page.getByTestId('transcript').innerText(), { timeout: 20_000 })
        .toMatch(/Hello, who are you\?[\s\S]*\w{3,}/);
      await expect.poll(() => page.getByTestId('status').innerText(), { timeout: 20_000 }).toBe('Speaking');
      await page.close();
    });
  });

  test.each(others)('%s', async (command) => {
    const [program = '', ...words] = splitWords(command);
    const out = await runProgram(program, words, { cwd: folder, environment });
    expect(out.trim()).not.toBe('');
  });

  test('a key that the README has made works', async () => {
    const list = await runProgram('npm', ['run', '--silent', 'visavox', '--', 'keys', 'list', '--json'], {
      ...{ cwd: folder, environment },
    });
    expect(list).toContain('shop window');
  });

  test('Ctrl-C stops', async () => {
    expect([0, 130]).toContain(await started.interrupt());
    expect(started.output()).toContain('Stopping');
    await expect(fetch(`${new URL(printed('Open')).origin}/healthz`)).rejects.toThrow();
  });
});

/** What a clone would hold, and what is not committed yet. */
async function copyCheckout(folder: string): Promise<void> {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    const source = path.join(REPOSITORY, file);
    // Removed, but not committed yet.
    const isThere = await lstat(source).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await cp(source, path.join(folder, file));
  }
}

/** That of a newcomer: nothing of this checkout on the path, no settings of ours, and a port that is free. */
async function createEnvironment(): Promise<Readonly<Record<string, string | undefined>>> {
  const ours = Object.keys(process.env).filter((name) =>
    /^(VISAVOX_|npm_|NODE_|VITEST|DATABASE_URL$|HOST$)/.test(name),
  );
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return {
    ...Object.fromEntries(ours.map((name) => [name, undefined])),
    PATH: (process.env['PATH'] ?? '')
      .split(path.delimiter)
      .filter((place) => !place.startsWith(REPOSITORY))
      .join(path.delimiter),
    PORT: String(address.port),
    npm_config_prefer_offline: 'true',
  };
}

/** Words of a shell command; quotes hold some together. */
function splitWords(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** One page with one line. */
function createPdf(text: string): Buffer {
  const content = `BT /F1 18 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const place = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(`${body}${table}${trailer}`);
}

/**
 * `npm test`: the whole gate in order, the same locally and in CI. Shows the output of what failed, and ends with one
 * line of counts. What needs a missing component is skipped and named.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { prepareWorkspace, REPOSITORY, runCommand, runPnpm } from './workspace.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const skippedNames: string[] = [];
const reports = path.join(REPOSITORY, '.cache', 'reports');

async function stage(name: string, action: () => Promise<Counts>): Promise<void> {
  const startedMs = performance.now();
  process.stdout.write(`▸ ${name}\n`);
  const counts = await action().catch((error: unknown): Counts => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  });
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `  ${counts.failed === 0 ? 'ok' : 'FAILED'}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${seconds} s)\n`,
  );
}

/** A tool that is right or wrong as a whole. */
const tool = (name: string, args: readonly string[]) =>
  stage(name, async () => {
    const [command = '', ...rest] = args;
    const result = await runCommand(command, rest, { capture: true });
    if (result.code !== 0) process.stderr.write(result.output);
    return { passed: result.code === 0 ? 1 : 0, failed: result.code === 0 ? 0 : 1, skipped: 0 };
  });

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const vitest = (name: string, args: readonly string[]) =>
  stage(name, async () => {
    const report = path.join(reports, `${name.replaceAll(' ', '-')}.json`);
    await rm(report, { force: true });
    const result = await runCommand('vitest', [
      'run',
      ...args,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]);
    if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
    // Vitest wrote it a moment ago.
    const parsed = JSON.parse(await readFile(report, 'utf8')) as VitestReport;
    const skipped = parsed.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(
        ({ status }) => status === 'skipped' || status === 'pending' || status === 'todo',
      ),
    );
    skippedNames.push(...skipped.map(({ fullName }) => fullName));
    // A file that could not even be loaded has no tests to count.
    const brokenFiles = parsed.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    ).length;
    const failed = parsed.numFailedTests + brokenFiles;
    return {
      passed: parsed.numPassedTests,
      failed: failed === 0 && result.code !== 0 ? 1 : failed,
      skipped: skipped.length,
    };
  });

await mkdir(reports, { recursive: true });
await stage('install and build', async () => {
  await prepareWorkspace();
  return { passed: 1, failed: 0, skipped: 0 };
});
await tool('format and lint', ['biome', 'ci', '--error-on-warnings', '.']);
await tool('import rules', ['depcruise', '--config', '.dependency-cruiser.cjs', 'packages', 'apps']);
await tool('types of node code', ['tsc', '-p', 'tsconfig.json']);
await tool('types of browser code', ['tsc', '-p', 'tsconfig.browser.json']);
await tool('dead code', ['knip']);
for (const name of ['perso-interactive-sdk-web', '@spekoai/sdk', 'visavox']) {
  await stage(`published package ${name}`, async () => {
    const result = await runPnpm(['--filter', name, 'run', 'check:package'], { capture: true });
    if (result.code !== 0) process.stderr.write(result.output);
    return { passed: result.code === 0 ? 1 : 0, failed: result.code === 0 ? 0 : 1, skipped: 0 };
  });
}
await vitest('unit tests', []);
await vitest('sdk browser tests', [
  '--config',
  'packages/perso-interactive-sdk-web/vitest.browser.config.ts',
]);
await vitest('voice sdk browser tests', ['--config', 'packages/spekoai-sdk/vitest.browser.config.ts']);
await vitest('end to end tests', ['--config', 'e2e/vitest.config.ts']);

if (skippedNames.length > 0) {
  process.stdout.write(`Skipped:\n${skippedNames.map((name) => `  - ${name}`).join('\n')}\n`);
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed === 0 ? 0 : 1);

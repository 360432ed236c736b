/**
 * Measures the platform as a visitor meets it, in a real Chromium, and prints one table: `node bench/run.ts`.
 * `--quick` takes minutes instead of half an hour, `--only <name>` runs one measurement. The exit code is 1 when a
 * required value is missed.
 */
import { parseArgs } from 'node:util';
import { launchBrowser } from '../e2e/src/browser.ts';
import { serveCustomerSite } from '../e2e/src/pages.ts';
import type { Bench, Measurement } from './src/bench.ts';
import { measureAnswer } from './src/measure-answer.ts';
import { measureConnect } from './src/measure-connect.ts';
import { measureHttp } from './src/measure-http.ts';
import { measureLips } from './src/measure-lips.ts';
import { measureLoad } from './src/measure-load.ts';
import { measureNeighbour } from './src/measure-neighbour.ts';
import { measurePictures } from './src/measure-pictures.ts';
import { measureScript } from './src/measure-script.ts';
import { measureStream } from './src/measure-stream.ts';
import { type Platform, startPlatform } from './src/platform.ts';
import { hasProc, watchMachine } from './src/processes.ts';
import { formatTable, type Row, rowOf } from './src/table.ts';
import { openVisitor, wait } from './src/visitor.ts';

const MEASUREMENTS: ReadonlyMap<string, Measurement> = new Map([
  ['script', measureScript],
  ['http', measureHttp],
  ['stream', measureStream],
  ['connect', measureConnect],
  ['answer', measureAnswer],
  ['pictures', measurePictures],
  ['neighbour', measureNeighbour],
  ['load', measureLoad],
  ['lips', measureLips],
]);

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const chosen = [...MEASUREMENTS].filter(([name]) => flags.only === undefined || flags.only === name);
if (chosen.length === 0) {
  throw new Error(`--only takes one of ${[...MEASUREMENTS.keys()].join(', ')}, got "${flags.only}".`);
}

const rows: Row[] = [];
for (const [name, measurement] of chosen) {
  process.stderr.write(`measuring: ${name}\n`);
  await waitForQuiet();
  rows.push(...(await measure(name, measurement)));
}
process.stdout.write(`${formatTable(rows)}\n`);
const missed = rows.filter(({ required }) => required?.met === false).length;
const required = rows.filter(({ required: wanted }) => wanted !== undefined).length;
process.stdout.write(`\n${required - missed} of ${required} required values met\n`);
process.exitCode = missed === 0 ? 0 : 1;

/** A machine that is busy with other things measures those; after half a minute it is taken as it is. */
async function waitForQuiet(): Promise<void> {
  if (!hasProc) return;
  for (let round = 0; round < 10; round += 1) {
    const end = watchMachine();
    await wait(3000);
    if (end().normalPart < 0.4) return;
  }
}

/** Each measurement gets a browser and platforms of its own, so that none inherits another's load. */
async function measure(name: string, measurement: Measurement): Promise<readonly Row[]> {
  const browser = await launchBrowser();
  const site = await serveCustomerSite();
  let platform: Platform | undefined;
  const bench: Bench = {
    quick: flags.quick,
    browser,
    site,
    async startPlatform(options) {
      await platform?.close();
      platform = await startPlatform(options);
      return platform;
    },
    openVisitor: (of) => openVisitor(browser, site, of),
  };
  try {
    const endWatch = hasProc ? watchMachine() : undefined;
    const measured = await measurement(bench);
    // Read while the browser lives: the time of processes that ended with it could not be told from others'.
    const use = endWatch?.();
    if (use === undefined || name === 'script') return measured;
    return [...measured, rowOf(`(${name}: machine used by others, at most)`, '%', [100 * use.othersPart])];
  } finally {
    await browser.close();
    await platform?.close();
    await site.close();
  }
}

/** `visavox doctor`: what a server on this machine needs and what was configured, all looked at in one go. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { displayOf } from '../chat/terminal.ts';
import { CommandError } from '../client.ts';
import { dataDirectory, type GlobalOptions } from '../context.ts';
import type { Surroundings } from '../surroundings.ts';
import { printLines, printTable, summarize } from './print.ts';

interface DoctorOptions extends GlobalOptions {
  readonly dataDir?: string;
}

export function addDoctor(program: Command, surroundings: Surroundings): void {
  program
    .command('doctor')
    .description('find out what is wrong: machine, server, media, database, models and keys')
    .option('--data-dir <folder>', "the server's data folder (default: VISAVOX_DATA_DIR, or .visavox)")
    .action(async (_options, command: Command) => {
      const { write, terminal } = surroundings;
      const options = command.optsWithGlobals<DoctorOptions>();
      const environment = { ...surroundings.environment };
      if (options.dataDir !== undefined) environment['VISAVOX_DATA_DIR'] = options.dataDir;
      const named = (options.server ?? environment['VISAVOX_PUBLIC_URL']) || undefined;
      if (named !== undefined && !isPlainUrl(named)) {
        const source = options.server === undefined ? 'VISAVOX_PUBLIC_URL' : '--server';
        throw new CommandError(`${source} must be an http:// or https:// URL without user and password.`);
      }
      const folder = dataDirectory(environment, surroundings.directory);
      // Loaded for this command only: the others start faster without.
      const { diagnose } = await import('./diagnose.ts');
      const interrupted = new AbortController();
      const forget = surroundings.onInterrupt?.(() => interrupted.abort());
      try {
        const findings = await diagnose({
          environment,
          dataDirectory: folder,
          server: named?.replace(/\/+$/, ''),
          isServerGiven: options.server !== undefined,
          key: await findKey(options, environment, folder),
          checkout: surroundings.directory,
          signal: interrupted.signal,
        });
        const broken = findings.filter(({ state }) => state === 'failed');
        if (options.json === true) {
          write(`${JSON.stringify({ healthy: broken.length === 0, findings }, null, 2)}\n`);
        } else {
          if (terminal?.output.isTTY === true) {
            printTable(write, findings, { hasColour: displayOf(terminal, environment).colour });
          } else {
            printLines(write, findings);
          }
          write(`${summarize(findings)}\n`);
        }
        if (broken.length > 0) {
          const names = [...new Set(broken.map(({ check }) => check))];
          throw new CommandError(`Broken: ${names.join(', ')}.`);
        }
      } catch (error) {
        if (interrupted.signal.aborted) throw new CommandError('Interrupted.');
        throw error;
      } finally {
        forget?.();
      }
    });
}

async function findKey(
  options: DoctorOptions,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<{ readonly value: string; readonly source: string } | undefined> {
  if (options.key !== undefined) return { value: options.key, source: 'of --key' };
  const variable = environment['VISAVOX_API_KEY'];
  if (variable) return { value: variable, source: 'in VISAVOX_API_KEY' };
  const kept = await readFile(path.join(folder, 'development-key'), 'utf8').catch(() => '');
  return kept.trim() === '' ? undefined : { value: kept.trim(), source: 'in the data folder' };
}

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

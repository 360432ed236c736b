/** The `visavox` command: one group of commands for each kind of thing that a server manages. */
import { Command } from 'commander';
import { CommandError } from './client.ts';
import { addCredits, addProviders } from './commands/account.ts';
import { addBench } from './commands/bench.ts';
import { addDocuments } from './commands/documents.ts';
import { addMcp } from './commands/mcp.ts';
import { addModels } from './commands/models.ts';
import { addNormalizations } from './commands/normalizations.ts';
import { addOrganizations } from './commands/organizations.ts';
import { addBackgrounds, addPrompts } from './commands/prompts.ts';
import { addRouting } from './commands/routing.ts';
import { addScores } from './commands/scores.ts';
import { addSessions } from './commands/sessions.ts';
import { addTemplates } from './commands/templates.ts';
import { type Context, type GlobalOptions, openContext } from './context.ts';

export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether somebody watches `writeError`. Default false. */
  readonly isTerminal?: boolean;
  /** Reads what must not be on the command line. */
  readonly readSecret?: (question: string) => Promise<string>;
  /** Calls the listener instead of ending when the user interrupts; the result undoes that. */
  readonly onInterrupt?: (listener: () => void) => () => void;
}

/** Opens the connection that a command needs; called when it runs, so that help needs no server. */
export type Open = (command: Command) => Promise<Context>;

/** Runs the command line without the program's own name. Resolves with the exit code: 0, 1 failed, 2 wrong usage. */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const program = new Command('visavox')
    .description('Manages a Visavox server: keys, prompts, documents, tool servers, models and more.')
    .option('--server <url>', 'the server (default: VISAVOX_PUBLIC_URL, or this machine)')
    .option('--key <key>', "a key that may manage (default: VISAVOX_API_KEY, or this machine's own)")
    .option('--organization <id>', 'act for another organization (operators)')
    .option('--json', 'print JSON')
    .exitOverride()
    .configureOutput({ writeOut: surroundings.write, writeErr: surroundings.writeError })
    .showHelpAfterError('(add --help to see what is possible)');
  const open: Open = (command) => openContext(command.optsWithGlobals<GlobalOptions>(), surroundings);
  addOrganizations(program, open);
  addPrompts(program, open);
  addDocuments(program, open);
  addBackgrounds(program, open);
  addTemplates(program, open);
  addMcp(program, open);
  addNormalizations(program, open);
  addSessions(program, open);
  addModels(program, surroundings);
  addProviders(program, open, surroundings);
  addRouting(program, open);
  addScores(program, open, surroundings);
  addBench(program, open, surroundings);
  addCredits(program, open);
  for (const command of allCommands(program)) command.exitOverride();
  try {
    await program.parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommandError) {
      surroundings.writeError(`${error.message}\n`);
      return 1;
    }
    // Help and version are "errors" of code 0; wrong usage has been explained already.
    if (isUsageError(error)) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

function* allCommands(command: Command): Iterable<Command> {
  for (const child of command.commands) {
    yield child;
    yield* allCommands(child);
  }
}

function isUsageError(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number';
}

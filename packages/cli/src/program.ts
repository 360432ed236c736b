/** The `visavox` command: one group of commands for each kind of thing that a server manages, and the chat. */
import { Command } from 'commander';
import about from '../package.json' with { type: 'json' };
import { CommandError } from './client.ts';
import { COMMANDS, type CommandEntry } from './command-list.ts';
import { type Context, type GlobalOptions, openContext } from './context.ts';
import { Exit } from './exit.ts';
import type { Surroundings } from './surroundings.ts';

export type { Surroundings } from './surroundings.ts';

/** Opens the connection that a command needs; called when it runs, so that help needs no server. */
export type Open = (command: Command) => Promise<Context>;

/** Runs the command line without the program's own name. Resolves with the exit code: 0, 1 failed, 2 wrong usage. */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    const called = await findCalled(words, surroundings);
    if (called === undefined) return 0;
    const open: Open = (command) => openContext(command.optsWithGlobals<GlobalOptions>(), surroundings);
    const program = createProgram(surroundings);
    await called.entry.add(program, open, surroundings);
    for (const command of allCommands(program)) command.exitOverride();
    await program.parseAsync([...called.words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof Exit) return error.code;
    if (error instanceof CommandError) {
      surroundings.writeError(`${error.message}\n`);
      return 1;
    }
    // Help and version are "errors" of code 0; wrong usage has been explained already.
    if (isUsageError(error)) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

interface Called {
  readonly entry: CommandEntry;
  /** The command line for it. */
  readonly words: readonly string[];
}

/** Reads the command line with commands that only have names: says which one is called, without loading any. */
async function findCalled(words: readonly string[], surroundings: Surroundings): Promise<Called | undefined> {
  let called: Called | undefined;
  const program = createProgram(surroundings)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .helpCommand(false);
  for (const entry of COMMANDS) {
    program
      .command(entry.name)
      .description(entry.description)
      .argument('[words...]')
      .allowUnknownOption()
      .helpOption(false)
      .action(() => {
        called = { entry, words };
      });
  }
  program
    .command('help')
    .description('help for a command')
    .argument('[command...]')
    .action(([name, ...rest]: readonly string[]) => {
      if (name === undefined) return program.help();
      const entry = COMMANDS.find((one) => one.name === name);
      if (entry === undefined) return program.error(`error: unknown command '${name}'`, { exitCode: 2 });
      called = { entry, words: [entry.name, ...rest, '--help'] };
    });
  await program.parseAsync([...words], { from: 'user' });
  return called;
}

function createProgram(surroundings: Surroundings): Command {
  return new Command('visavox')
    .description(
      'Talks to and manages a Visavox server: chat, keys, prompts, documents, tool servers and more.',
    )
    .option('--server <url>', 'the server (default: VISAVOX_PUBLIC_URL, or this machine)')
    .option('--key <key>', "a key that may manage (default: VISAVOX_API_KEY, or this machine's own)")
    .option('--organization <id>', 'act for another organization (operators)')
    .option('--json', 'print JSON')
    .version(about.version, '--version')
    .exitOverride()
    .configureOutput({ writeOut: surroundings.write, writeErr: surroundings.writeError })
    .showHelpAfterError('(add --help to see what is possible)');
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

/** `visavox prompts` and `backgrounds`. */
import type { Command } from 'commander';
import { readText, readUpload } from '../files.ts';
import type { Item } from '../output.ts';
import type { Open } from '../program.ts';
import { addResource, column, show } from './resource.ts';

interface PromptOptions {
  readonly name?: string;
  readonly description?: string;
  readonly system?: string;
  readonly intro?: string;
  readonly requireDocument?: boolean;
}

export function addPrompts(program: Command, open: Open): void {
  const prompts = addResource(program, open, {
    name: 'prompts',
    description: 'what AI humans are told to be',
    path: 'prompts',
    noun: 'prompt',
    columns: [
      column('ID', 'prompt_id'),
      column('NAME', 'name'),
      column('SYSTEM', 'system_prompt'),
      column('INTRO', 'intro_message'),
    ],
  });
  const withText = (command: Command): Command =>
    command
      .option('--description <text>', 'for people')
      .option('--intro <text>', 'what it says first; @file reads it from a file')
      .option('--require-document', 'sessions need a document');
  withText(prompts.command('create <name>').description('create one'))
    .requiredOption('--system <text>', 'the instructions; @file reads them from a file')
    .action(async (name: string, options: PromptOptions, command: Command) => {
      const { client, output } = await open(command);
      // An object by contract.
      output.show((await client.call('POST', 'prompts', { name, ...(await toBody(options)) })) as Item);
    });
  withText(prompts.command('set <id>').description('change one'))
    .option('--name <name>', 'its name')
    .option('--system <text>', 'the instructions; @file reads them from a file')
    .option('--no-require-document', 'sessions need no document')
    .action(async (id: string, options: PromptOptions, command: Command) =>
      show(open, command, 'PATCH', `prompts/${encodeURIComponent(id)}`, await toBody(options, command)),
    );
}

async function toBody(options: PromptOptions, command?: Command): Promise<Readonly<Record<string, unknown>>> {
  // `--no-…` gives the option a default, which is no wish.
  const wished = command === undefined || command.getOptionValueSource('requireDocument') === 'cli';
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.system === undefined ? {} : { system_prompt: await readText(options.system) }),
    ...(options.intro === undefined ? {} : { intro_message: await readText(options.intro) }),
    ...(options.requireDocument === undefined || !wished
      ? {}
      : { require_document: options.requireDocument }),
  };
}

export function addBackgrounds(program: Command, open: Open): void {
  const backgrounds = addResource(program, open, {
    name: 'backgrounds',
    description: 'pictures behind AI humans',
    path: 'backgrounds',
    noun: 'background',
    columns: [column('ID', 'backgroundimage_id'), column('TITLE', 'title'), column('URL', 'image')],
  });
  backgrounds
    .command('add <file>')
    .description('upload a PNG, JPEG, WebP, GIF or AVIF picture')
    .option('--title <title>', 'default: the name of the file')
    .action(async (file: string, options: { readonly title?: string }, command: Command) => {
      const { client, output } = await open(command);
      const form = new FormData();
      form.set('image', await readUpload(file));
      if (options.title !== undefined) form.set('title', options.title);
      output.show((await client.call('POST', 'backgrounds', form)) as Item); // an object by contract
    });
}

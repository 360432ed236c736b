/** `visavox templates`: stored settings of sessions. */
import type { Command } from 'commander';
import { CommandError } from '../client.ts';
import { collect, parseNumber, readText } from '../files.ts';
import type { Item } from '../output.ts';
import type { Open } from '../program.ts';
import { addResource, column, show } from './resource.ts';

/** Options that name one setting each: the property of the API and what the help says. */
const SETTINGS = [
  ['prompt', '--prompt <id>', 'prompt'],
  ['model_style', '--model-style <name>', 'model style'],
  ['llm_type', '--llm-type <name>', 'language model'],
  ['tts_type', '--tts-type <name>', 'voice'],
  ['stt_type', '--stt-type <name>', 'recogniser'],
  ['document', '--document <id>', 'document'],
  ['background_image', '--background-image <id>', 'background'],
  ['agent', '--agent <name>', 'agent'],
  ['text_normalization_config', '--text-normalization-config <id>', 'rules for spoken text'],
  ['stt_text_normalization_config', '--stt-text-normalization-config <id>', 'rules for recognised text'],
  ['description', '--description <text>', 'for people'],
] as const;
const PADDINGS = [
  ['padding_left', '--padding-left <n>', '-1 to 1'],
  ['padding_top', '--padding-top <n>', '0 to 1'],
  ['padding_height', '--padding-height <n>', '0 to 5'],
] as const;

export function addTemplates(program: Command, open: Open): void {
  const templates = addResource(program, open, {
    name: 'templates',
    description: 'stored settings of sessions',
    path: 'templates',
    noun: 'session template',
    columns: [
      column('ID', 'sessiontemplate_id'),
      column('NAME', 'name'),
      column('STYLE', 'model_style'),
      column('LAST USED', 'last_used_at'),
      { title: 'PROBLEMS', value: ({ problems }) => (Array.isArray(problems) ? problems.join(' ') : '') },
    ],
  });
  withSettings(templates.command('create <name>').description('create one')).action(
    async (name: string, _options, command: Command) => {
      const { client, output } = await open(command);
      const body = { name, ...(await toBody(command)) };
      output.show((await client.call('POST', 'templates', body)) as Item); // an object by contract
    },
  );
  withSettings(templates.command('set <id>').description('change one; "none" takes a setting out'))
    .option('--name <name>', 'its name')
    .action(async (id: string, options: { readonly name?: string }, command: Command) =>
      show(open, command, 'PATCH', `templates/${encodeURIComponent(id)}`, {
        name: options.name,
        ...(await toBody(command)),
      }),
    );
}

function withSettings(command: Command): Command {
  for (const [, flags, help] of SETTINGS) command.option(flags, help);
  for (const [, flags, help] of PADDINGS) command.option(flags, help, parseNumber);
  return command
    .option('--capability <name>', 'LLM, TTS, STT, STF_WEBRTC … (repeat)', collect)
    .option('--mcp-server <id>', 'tool server (repeat)', collect)
    .option('--settings <json>', 'more settings as JSON, or @file');
}

async function toBody(command: Command): Promise<Readonly<Record<string, unknown>>> {
  const options = command.opts<Readonly<Record<string, unknown>>>();
  const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const named = [...SETTINGS, ...PADDINGS].flatMap(([property]) => {
    const value = options[camel(property)];
    return value === undefined ? [] : [[property, value === 'none' ? null : value] as const];
  });
  return {
    ...(await readSettings(options['settings'])),
    ...Object.fromEntries(named),
    ...(options['capability'] === undefined ? {} : { capability: options['capability'] }),
    ...(options['mcpServer'] === undefined ? {} : { mcp_servers: options['mcpServer'] }),
  };
}

async function readSettings(value: unknown): Promise<object> {
  if (typeof value !== 'string') return {};
  try {
    const parsed: unknown = JSON.parse(await readText(value));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (error) {
    if (error instanceof CommandError) throw error;
  }
  throw new CommandError('--settings must be a JSON object, or @file with one.');
}

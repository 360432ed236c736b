/** `visavox mcp`: tool servers that the platform calls by itself. */
import { type Command, Option } from 'commander';
import { CommandError } from '../client.ts';
import { collectHeader, parseNumber } from '../files.ts';
import type { Item } from '../output.ts';
import type { Open } from '../program.ts';
import { addResource, column, show } from './resource.ts';

interface McpOptions {
  readonly name?: string;
  readonly url?: string;
  readonly description?: string;
  readonly transport?: string;
  readonly timeout?: number;
  readonly header?: Readonly<Record<string, string>>;
}

export function addMcp(program: Command, open: Open): void {
  const servers = addResource(program, open, {
    name: 'mcp',
    description: 'tool servers (Model Context Protocol)',
    path: 'mcp-servers',
    noun: 'tool server',
    columns: [
      column('ID', 'mcpserver_id'),
      column('NAME', 'name'),
      column('URL', 'url'),
      column('TRANSPORT', 'transport_protocol'),
      column('SECONDS', 'server_timeout_sec'),
    ],
  });
  const withSettings = (command: Command): Command =>
    command
      .option('--description <text>', 'for people')
      .addOption(new Option('--transport <name>', 'how it is reached').choices(['streamable_http', 'sse']))
      .option('--timeout <seconds>', 'limit of one call, 0.1 to 300', parseNumber)
      .option('--header <"name: value">', 'sent with each request, kept sealed (repeat)', collectHeader);
  withSettings(servers.command('add <name> <url>').description('register one')).action(
    async (name: string, url: string, options: McpOptions, command: Command) =>
      show(open, command, 'POST', 'mcp-servers', toBody({ ...options, name, url })),
  );
  withSettings(servers.command('set <id>').description('change one'))
    .option('--name <name>', 'its name')
    .option('--url <url>', 'its address')
    .action(async (id: string, options: McpOptions, command: Command) =>
      show(open, command, 'PATCH', `mcp-servers/${encodeURIComponent(id)}`, toBody(options)),
    );
  servers
    .command('check <id>')
    .description('connect and list its tools')
    .action(async (id: string, _options, command: Command) => {
      const { client, output } = await open(command);
      // The documented shape of the answer.
      const found = (await client.call('POST', `mcp-servers/${encodeURIComponent(id)}/check`)) as {
        readonly reachable: boolean;
        readonly problem: string | null;
        readonly duration_ms: number;
        readonly tools: readonly Item[];
      };
      if (output.json) output.show({ ...found });
      else if (found.reachable) {
        output.note(`It answered in ${found.duration_ms} ms.`);
        output.list(
          found.tools,
          [column('TOOL', 'name'), column('DESCRIPTION', 'description')],
          'It has no tools.',
        );
      }
      if (!found.reachable) throw new CommandError(found.problem ?? 'It could not be reached.');
    });
}

function toBody(options: McpOptions): Readonly<Record<string, unknown>> {
  return {
    name: options.name,
    url: options.url,
    description: options.description,
    transport_protocol: options.transport,
    server_timeout_sec: options.timeout,
    headers: options.header,
  };
}

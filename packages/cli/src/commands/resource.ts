/** The commands that every kind of resource has: list, show, remove, lend, take back. */
import type { Command } from 'commander';
import type { Column, Item } from '../output.ts';
import type { Open } from '../program.ts';

/** The objects of a list answer. */
export async function listItems(
  client: { call(method: string, path: string): Promise<unknown> },
  path: string,
): Promise<readonly Item[]> {
  // Every list of the management API has this shape.
  const { items } = (await client.call('GET', path)) as { readonly items: readonly Item[] };
  return items;
}

export const column = (title: string, name: string): Column => ({ title, value: (item) => item[name] });

export function addResource(
  program: Command,
  open: Open,
  options: {
    readonly name: string;
    readonly description: string;
    readonly path: string;
    /** What one is called in sentences. */
    readonly noun: string;
    readonly columns: readonly Column[];
  },
): Command {
  const { path, noun } = options;
  const group = program.command(options.name).description(options.description);
  group
    .command('list', { isDefault: true })
    .description('list them')
    .action(async (_options, command: Command) => {
      const { client, output } = await open(command);
      output.list(await listItems(client, path), options.columns, `There is no ${noun} yet.`);
    });
  group
    .command('show <id>')
    .description('print one in full')
    .action(async (id: string, _options, command: Command) => {
      const { client, output } = await open(command);
      output.show((await client.call('GET', `${path}/${encodeURIComponent(id)}`)) as Item); // an object by contract
    });
  group
    .command('remove <id>')
    .description('remove one')
    .action(async (id: string, _options, command: Command) => {
      const { client, output } = await open(command);
      await client.call('DELETE', `${path}/${encodeURIComponent(id)}`);
      output.note(`The ${noun} ${id} is removed.`);
    });
  group
    .command('lend <id> <organization>')
    .description('let another organization use it (operators)')
    .action(async (id: string, organization: string, _options, command: Command) => {
      const { client, output } = await open(command);
      await client.call(
        'PUT',
        `${path}/${encodeURIComponent(id)}/organizations/${encodeURIComponent(organization)}`,
      );
      output.note(`${organization} may use the ${noun} ${id}.`);
    });
  group
    .command('take-back <id> <organization>')
    .description('end that (operators)')
    .action(async (id: string, organization: string, _options, command: Command) => {
      const { client, output } = await open(command);
      await client.call(
        'DELETE',
        `${path}/${encodeURIComponent(id)}/organizations/${encodeURIComponent(organization)}`,
      );
      output.note(`${organization} may no longer use the ${noun} ${id}.`);
    });
  return group;
}

/** Sends changes and prints the result. */
export async function change(
  open: Open,
  command: Command,
  path: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { client, output } = await open(command);
  output.show((await client.call('PATCH', path, changes)) as Item); // an object by contract
}

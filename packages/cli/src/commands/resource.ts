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
  const borrower = (id: string, organization: string) =>
    `${path}/${encodeURIComponent(id)}/organizations/${encodeURIComponent(organization)}`;
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
    .action(async (id: string, _options, command: Command) =>
      show(open, command, 'GET', `${path}/${encodeURIComponent(id)}`),
    );
  group
    .command('remove <id>')
    .description('remove one')
    .action(async (id: string, _options, command: Command) =>
      tell(open, command, 'DELETE', `${path}/${encodeURIComponent(id)}`, `The ${noun} ${id} is removed.`),
    );
  group
    .command('lend <id> <organization>')
    .description('let another organization use it (operators)')
    .action(async (id: string, organization: string, _options, command: Command) =>
      tell(open, command, 'PUT', borrower(id, organization), `${organization} may use the ${noun} ${id}.`),
    );
  group
    .command('take-back <id> <organization>')
    .description('end that (operators)')
    .action(async (id: string, organization: string, _options, command: Command) =>
      tell(
        open,
        command,
        'DELETE',
        borrower(id, organization),
        `${organization} may no longer use the ${noun} ${id}.`,
      ),
    );
  return group;
}

/** Makes a call and prints the object that it answers with. */
export async function show(
  open: Open,
  command: Command,
  method: string,
  path: string,
  body?: object | FormData,
): Promise<void> {
  const { client, output } = await open(command);
  output.show((await client.call(method, path, body)) as Item); // an object by contract
}

/** Makes a call without an answer and says what it did. */
export async function tell(
  open: Open,
  command: Command,
  method: string,
  path: string,
  done: string,
): Promise<void> {
  const { client, output } = await open(command);
  await client.call(method, path);
  output.note(done);
}

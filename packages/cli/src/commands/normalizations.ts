/** `visavox normalizations`: rules for spoken and recognised text. */
import type { Command } from 'commander';
import { readText } from '../files.ts';
import type { Item } from '../output.ts';
import type { Open } from '../program.ts';
import { addResource, column, show } from './resource.ts';

export function addNormalizations(program: Command, open: Open): void {
  const sets = addResource(program, open, {
    name: 'normalizations',
    description: 'rules for spoken and recognised text (CSV: locale,kind,pattern,replacement)',
    path: 'normalizations',
    noun: 'rule set',
    columns: [
      column('ID', 'textnormalizationconfig_id'),
      column('NAME', 'name'),
      column('RULES', 'rule_count'),
      column('CHANGED', 'updated_at'),
    ],
  });
  sets
    .command('add <name> <csv>')
    .description('create one from a CSV file')
    .action(async (name: string, csv: string, _options, command: Command) => {
      const { client, output } = await open(command);
      const rules = await readText(`@${csv}`);
      // An object by contract.
      const { rules: _, ...made } = (await client.call('POST', 'normalizations', { name, rules })) as Item;
      output.show(made);
    });
  sets
    .command('set <id>')
    .description('change one')
    .option('--name <name>', 'its name')
    .option('--rules <csv>', 'a CSV file with the new rules')
    .action(
      async (id: string, options: { readonly name?: string; readonly rules?: string }, command: Command) =>
        show(open, command, 'PATCH', `normalizations/${encodeURIComponent(id)}`, {
          name: options.name,
          rules: options.rules === undefined ? undefined : await readText(`@${options.rules}`),
        }),
    );
  sets
    .command('try <id> <text...>')
    .description('apply one to a text')
    .option('--locale <tag>', "default: the text's own language")
    .action(
      async (
        id: string,
        words: readonly string[],
        options: { readonly locale?: string },
        command: Command,
      ) => {
        const { client, output } = await open(command);
        // An object by contract.
        const result = (await client.call('POST', `normalizations/${encodeURIComponent(id)}/try`, {
          text: words.join(' '),
          locale: options.locale,
        })) as Item;
        if (output.json) output.show(result);
        else output.note(String(result['normalized_text']));
      },
    );
}

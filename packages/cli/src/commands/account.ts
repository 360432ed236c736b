/** `visavox credits` and `visavox providers`: what an organization has, and the vendors' keys that it brought. */
import { type Command, Option } from 'commander';
import { CommandError } from '../client.ts';
import { parseNumber } from '../files.ts';
import type { Item } from '../output.ts';
import type { Open } from '../program.ts';
import type { Surroundings } from '../surroundings.ts';
import { column, show } from './resource.ts';

const KINDS = ['grant', 'debit', 'topup', 'refund', 'adjustment'] as const;
const MICRO = 1_000_000;

export function addCredits(program: Command, open: Open): void {
  const credits = program.command('credits').description('credit of an organization');
  credits
    .command('show', { isDefault: true })
    .description("balance and entries of the key's organization")
    .addOption(new Option('--kind <kind>', 'only entries of this kind').choices(KINDS))
    .option('--limit <n>', 'entries, 1 to 100', parseNumber, 20)
    .action(async (options: { readonly kind?: string; readonly limit: number }, command: Command) => {
      const { client, output } = await open(command);
      const query = new URLSearchParams({
        limit: String(options.limit),
        ...(options.kind === undefined ? {} : { kind: options.kind }),
      });
      // The documented shapes of the answers.
      const balance = (await client.callGateway('GET', 'credits/balance')) as Item;
      const { entries } = (await client.callGateway('GET', `credits/ledger?${query}`)) as {
        readonly entries: readonly Item[];
      };
      if (output.json) {
        output.show({ ...balance, entries });
        return;
      }
      output.note(`Balance: ${balance['balanceUsd']} USD`);
      output.list(
        entries,
        [
          column('CREATED', 'createdAt'),
          column('KIND', 'kind'),
          { title: 'USD', value: ({ amountMicroUsd }) => Number(amountMicroUsd) / MICRO },
          column('ID', 'id'),
        ],
        'There is no entry.',
      );
    });
  credits
    .command('add <organization> <kind> <usd>')
    .description(`enter an amount (operators); the kind is one of ${KINDS.join(', ')}`)
    .action(async (organization: string, kind: string, usd: string, _options, command: Command) =>
      show(open, command, 'POST', `organizations/${encodeURIComponent(organization)}/credits`, {
        kind: requireKind(kind),
        amount_usd: parseNumber(usd),
      }),
    );
}

function requireKind(kind: string): string {
  const known = KINDS.find((one) => one === kind);
  if (known === undefined) throw new CommandError(`The kind must be one of ${KINDS.join(', ')}.`);
  return known;
}

export function addProviders(program: Command, open: Open, surroundings: Surroundings): void {
  const providers = program
    .command('providers')
    .description("vendors' keys that the key's organization brought");
  providers
    .command('list', { isDefault: true })
    .description('list the vendors, and whether they have a key')
    .action(async (_options, command: Command) => {
      const { client, output } = await open(command);
      output.list(
        (await client.callGateway('GET', 'providers')) as readonly Item[], // a list by contract
        [
          column('VENDOR', 'key'),
          column('NAME', 'name'),
          column('STAGES', 'type'),
          { title: 'KEY', value: ({ configured }) => (configured === true ? 'stored' : 'none') },
          column('CHANGED', 'updatedAt'),
        ],
        'This server knows no vendor.',
      );
    });
  providers
    .command('set <vendor>')
    .description("store the organization's key for a vendor; it is read from standard input")
    .option('--from-env <name>', 'read it from this environment variable instead')
    .action(async (vendor: string, options: { readonly fromEnv?: string }, command: Command) => {
      const { client, output } = await open(command);
      const apiKey = await readVendorKey(surroundings, options.fromEnv, vendor);
      const stored = (await client.callGateway('PUT', 'providers', { provider: vendor, apiKey })) as Item; // an object by contract
      if (output.json) output.show(stored);
      output.note(`The key for ${stored['provider']} is stored.`);
    });
  providers
    .command('remove <vendor>')
    .description("remove the organization's key for a vendor")
    .action(async (vendor: string, _options, command: Command) => {
      const { client, output } = await open(command);
      await client.callGateway('DELETE', `providers/${encodeURIComponent(vendor)}`);
      output.note(`The key for ${vendor} is removed.`);
    });
}

/** Never from the command line: other users of the machine see its words, and shells remember them. */
async function readVendorKey(
  { environment, readSecret }: Surroundings,
  variable: string | undefined,
  vendor: string,
): Promise<string> {
  const key = (
    variable === undefined
      ? ((await readSecret?.(`Key for ${vendor} (not shown): `)) ?? '')
      : (environment[variable] ?? '')
  ).trim();
  if (key !== '') return key;
  throw new CommandError(
    variable === undefined
      ? 'No key came on standard input. Pipe it in, or name a variable with --from-env.'
      : `The variable ${variable} holds no key.`,
  );
}

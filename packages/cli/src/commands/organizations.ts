/** `visavox whoami`, `usage`, `organizations` and `keys`. */
import { type Command, Option } from 'commander';
import { collect, type Limit, limitOf, parseLimit, parseNumber } from '../files.ts';
import type { Item } from '../output.ts';
import type { Open } from '../program.ts';
import { column, listItems, show, tell } from './resource.ts';

interface LimitOptions {
  readonly name?: string;
  readonly maxActiveSessions?: Limit;
  readonly maxMinutesPerSession?: Limit;
  readonly maxMinutesPerMonth?: Limit;
  readonly llm?: readonly string[];
  readonly tts?: readonly string[];
  readonly stt?: readonly string[];
  readonly style?: readonly string[];
}

export function addOrganizations(program: Command, open: Open): void {
  program
    .command('whoami')
    .description("the key's organization and role")
    .action(async (_options, command: Command) => show(open, command, 'GET', 'me'));
  program
    .command('usage')
    .description('what is used of the limits')
    .action(async (_options, command: Command) => show(open, command, 'GET', 'usage'));

  const organizations = program
    .command('organizations')
    .description('organizations and their limits (operators)');
  organizations
    .command('list', { isDefault: true })
    .description('list them')
    .action(async (_options, command: Command) => {
      const { client, output } = await open(command);
      output.list(
        await listItems(client, 'organizations'),
        [column('ID', 'id'), column('NAME', 'name'), column('LIMITS', 'limits')],
        'There is no organization.',
      );
    });
  withLimits(organizations.command('create <name>').description('create one'))
    .option('--id <id>', 'its id: lower-case letters, digits, hyphens')
    .action(async (name: string, options: LimitOptions & { readonly id?: string }, command: Command) => {
      const body = {
        ...(options.id === undefined ? {} : { id: options.id }),
        ...toBody({ ...options, name }),
      };
      await show(open, command, 'POST', 'organizations', body);
    });
  withLimits(
    organizations.command('set <id>').description('change one; limits and features are replaced as a whole'),
  )
    .option('--name <name>', 'its name')
    .action(async (id: string, options: LimitOptions, command: Command) =>
      show(open, command, 'PATCH', `organizations/${encodeURIComponent(id)}`, toBody(options)),
    );
  organizations
    .command('remove <id>')
    .description('remove one with all it owns')
    .action(async (id: string, _options, command: Command) =>
      tell(
        open,
        command,
        'DELETE',
        `organizations/${encodeURIComponent(id)}`,
        `The organization ${id} is removed.`,
      ),
    );

  const keys = program.command('keys').description('API keys');
  keys
    .command('list', { isDefault: true })
    .description('list them')
    .action(async (_options, command: Command) => {
      const { client, output } = await open(command);
      output.list(
        await listItems(client, 'keys'),
        [
          column('ID', 'id'),
          column('NAME', 'name'),
          column('ROLE', 'role'),
          { title: 'KEY', value: (item) => `${String(item['hint'])}…` },
          column('SPENT USD', 'spent_usd'),
          column('BUDGET USD', 'budget_usd'),
          column('REVOKED', 'revoked_at'),
        ],
        'There is no key.',
      );
    });
  keys
    .command('create <name>')
    .description('make a key; it is printed once')
    .addOption(
      new Option('--role <role>', 'what it may').choices(['client', 'admin', 'operator']).default('client'),
    )
    .option('--budget <usd>', 'what gateway calls with it may cost in all', parseNumber)
    .action(
      async (
        name: string,
        options: { readonly role: string; readonly budget?: number },
        command: Command,
      ) => {
        const { client, output } = await open(command);
        const body = { name, role: options.role, budget_usd: options.budget };
        output.show((await client.call('POST', 'keys', body)) as Item); // an object by contract
        output.note('Keep the key now: it is not shown again.');
      },
    );
  keys
    .command('set <id>')
    .description('change its name or budget')
    .option('--name <name>', 'its name')
    .option('--budget <usd>', 'what gateway calls with it may cost in all, or "none"', parseLimit)
    .action(
      async (id: string, options: { readonly name?: string; readonly budget?: Limit }, command: Command) =>
        show(open, command, 'PATCH', `keys/${encodeURIComponent(id)}`, {
          name: options.name,
          budget_usd: limitOf(options.budget),
        }),
    );
  keys
    .command('revoke <id>')
    .description('make a key invalid at once')
    .action(async (id: string, _options, command: Command) =>
      tell(open, command, 'DELETE', `keys/${encodeURIComponent(id)}`, `The key ${id} is revoked.`),
    );
}

function withLimits(command: Command): Command {
  return command
    .option('--max-active-sessions <n>', 'sessions at once, or "none"', parseLimit)
    .option('--max-minutes-per-session <n>', 'minutes, or "none"', parseLimit)
    .option('--max-minutes-per-month <n>', 'minutes, or "none"', parseLimit)
    .option('--llm <name>', 'a language model it may use (repeat)', collect)
    .option('--tts <name>', 'a voice it may use (repeat)', collect)
    .option('--stt <name>', 'a recogniser it may use (repeat)', collect)
    .option('--style <name>', 'a model style it may use (repeat)', collect);
}

function toBody(options: LimitOptions): Readonly<Record<string, unknown>> {
  const limits = {
    max_active_sessions: limitOf(options.maxActiveSessions),
    max_minutes_per_session: limitOf(options.maxMinutesPerSession),
    max_minutes_per_month: limitOf(options.maxMinutesPerMonth),
  };
  const features = {
    llm_types: options.llm,
    tts_types: options.tts,
    stt_types: options.stt,
    model_styles: options.style,
  };
  const given = (group: object) => Object.values(group).some((value) => value !== undefined);
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(given(limits) ? { limits } : {}),
    ...(given(features) ? { features } : {}),
  };
}

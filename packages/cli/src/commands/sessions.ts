/** `visavox sessions`: what goes on, and what was said. */
import type { Command } from 'commander';
import { parseNumber } from '../files.ts';
import type { Open } from '../program.ts';
import { column, listItems, show, tell } from './resource.ts';

export function addSessions(program: Command, open: Open): void {
  const sessions = program.command('sessions').description('sessions, newest first');
  sessions
    .command('list', { isDefault: true })
    .description('list them')
    .option('--limit <n>', '1 to 200', parseNumber, 20)
    .action(async (options: { readonly limit: number }, command: Command) => {
      const { client, output } = await open(command);
      output.list(
        await listItems(client, `sessions?limit=${options.limit}`),
        [
          column('ID', 'session_id'),
          column('STATUS', 'status'),
          column('REASON', 'termination_reason'),
          column('SECONDS', 'duration_sec'),
          column('CREATED', 'created_at'),
        ],
        'There was no session yet.',
      );
    });
  sessions
    .command('show <id>')
    .description('print one in full')
    .action(async (id: string, _options, command: Command) =>
      show(open, command, 'GET', `sessions/${encodeURIComponent(id)}`),
    );
  sessions
    .command('turns <id>')
    .description('questions, answers and what they were made from')
    .action(async (id: string, _options, command: Command) => {
      const { client, output } = await open(command);
      output.list(
        await listItems(client, `sessions/${encodeURIComponent(id)}/turns`),
        [
          column('QUESTION', 'question'),
          column('ANSWER', 'answer'),
          column('OUTCOME', 'outcome'),
          { title: 'PASSAGES', value: ({ passages }) => (Array.isArray(passages) ? passages.length : 0) },
          column('MS', 'duration_ms'),
        ],
        'Nothing was said.',
      );
    });
  sessions
    .command('end <id>')
    .description('end one')
    .action(async (id: string, _options, command: Command) =>
      tell(open, command, 'DELETE', `sessions/${encodeURIComponent(id)}`, `The session ${id} is ended.`),
    );
}

/** `visavox documents`: what AI humans look things up in. */
import type { Command } from 'commander';
import { type Client, CommandError } from '../client.ts';
import { type Limit, limitOf, parseLimit, parseNumber, readUpload } from '../files.ts';
import type { Item } from '../output.ts';
import type { Open } from '../program.ts';
import { addResource, column, listItems, show } from './resource.ts';

interface DocumentOptions {
  readonly title?: string;
  readonly description?: string;
  readonly searchCount?: number;
  readonly efSearch?: Limit;
  readonly wait: boolean;
}

const POLL_MS = 500;
const MAX_WAIT_MS = 15 * 60_000;

export function addDocuments(program: Command, open: Open): void {
  const documents = addResource(program, open, {
    name: 'documents',
    description: 'what AI humans look things up in',
    path: 'documents',
    noun: 'document',
    columns: [
      column('ID', 'document_id'),
      column('TITLE', 'title'),
      column('STATE', 'state'),
      column('PASSAGES', 'passage_count'),
      column('PROBLEM', 'failure'),
    ],
  });
  documents
    .command('add <files...>')
    .description('upload PDF, DOCX, Markdown, HTML or text files, or http(s) addresses of them')
    .option('--title <title>', 'default: the name of the file')
    .option('--description <text>', 'for people')
    .option('--search-count <n>', 'passages for one question, 1 to 50', parseNumber)
    .option('--ef-search <n>', 'breadth of the vector search, 1 to 1000', parseNumber)
    .option('--no-wait', 'do not wait until they are processed')
    .action(async (files: readonly string[], options: DocumentOptions, command: Command) => {
      const { client, output } = await open(command);
      const done: Item[] = [];
      for (const file of files) {
        const made = await upload(client, file, options);
        output.note(`${file}: uploaded as ${String(made['document_id'])}`);
        done.push(
          options.wait
            ? await waitUntilProcessed(client, made, (state) => output.note(`  ${state} …`))
            : made,
        );
      }
      output.list(
        done,
        [
          column('ID', 'document_id'),
          column('STATE', 'state'),
          column('PASSAGES', 'passage_count'),
          column('PROBLEM', 'failure'),
        ],
        '',
      );
      const failed = done.filter(({ state }) => state === 'failed');
      if (failed.length > 0)
        throw new CommandError(`${failed.length} of ${done.length} could not be processed.`);
    });
  documents
    .command('set <id>')
    .description('change one')
    .option('--title <title>', 'its title')
    .option('--description <text>', 'for people')
    .option('--search-count <n>', 'passages for one question, 1 to 50', parseNumber)
    .option('--ef-search <n>', 'breadth of the vector search, or "none"', parseLimit)
    .action(async (id: string, options: DocumentOptions, command: Command) =>
      show(open, command, 'PATCH', `documents/${encodeURIComponent(id)}`, {
        title: options.title,
        description: options.description,
        search_count: options.searchCount,
        ef_search: limitOf(options.efSearch),
      }),
    );
  documents
    .command('process <id>')
    .description('process one again')
    .option('--no-wait', 'do not wait until it is processed')
    .action(async (id: string, options: DocumentOptions, command: Command) => {
      const { client, output } = await open(command);
      // An object by contract.
      const started = (await client.call('POST', `documents/${encodeURIComponent(id)}/process`)) as Item;
      output.show(
        options.wait
          ? await waitUntilProcessed(client, started, (state) => output.note(`${state} …`))
          : started,
      );
    });
  documents
    .command('search <id> <question...>')
    .description('what a question would find')
    .option('--limit <n>', 'passages, 1 to 50', parseNumber)
    .action(
      async (
        id: string,
        words: readonly string[],
        options: { readonly limit?: number },
        command: Command,
      ) => {
        const { client, output } = await open(command);
        const query = new URLSearchParams({ query: words.join(' ') });
        if (options.limit !== undefined) query.set('limit', String(options.limit));
        const found = await listItems(client, `documents/${encodeURIComponent(id)}/passages?${query}`);
        output.list(
          found,
          [
            { title: 'SCORE', value: ({ score }) => (typeof score === 'number' ? score.toFixed(2) : score) },
            column('SECTION', 'heading'),
            column('PASSAGE', 'content'),
          ],
          'Nothing fits the question.',
        );
      },
    );
}

async function upload(client: Client, file: string, options: DocumentOptions): Promise<Item> {
  const form = new FormData();
  if (/^https?:\/\//.test(file)) form.set('url', file);
  else form.set('file', await readUpload(file));
  const fields = {
    title: options.title,
    description: options.description,
    search_count: options.searchCount,
    ef_search: options.efSearch,
  };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) form.set(name, String(value));
  }
  return (await client.call('POST', 'documents', form)) as Item; // an object by contract
}

async function waitUntilProcessed(
  client: Client,
  document: Item,
  onState: (state: string) => void,
): Promise<Item> {
  const id = String(document['document_id']);
  let current = document;
  let told = '';
  for (const until = Date.now() + MAX_WAIT_MS; Date.now() < until; ) {
    const state = String(current['state']);
    if (state === 'ready' || state === 'failed') return current;
    if (state !== told) onState(state);
    told = state;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    current = (await client.call('GET', `documents/${encodeURIComponent(id)}`)) as Item; // an object by contract
  }
  throw new CommandError(
    `The document ${id} is still being processed; look again with: visavox documents show ${id}`,
  );
}

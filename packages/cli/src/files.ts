/** Files and values that a command line names. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { CommandError } from './client.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.pdf': 'application/pdf',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.html': 'text/html',
  '.htm': 'text/html',
  '.txt': 'text/plain',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
};

export async function readUpload(file: string): Promise<File> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new CommandError(`The file ${file} cannot be read: ${reasonOf(error)}.`);
  });
  const type = MEDIA_TYPES[path.extname(file).toLowerCase()] ?? 'application/octet-stream';
  return new File([new Uint8Array(bytes)], path.basename(file), { type });
}

/** A text as it is, or the content of a file: `@prompt.txt`. */
export async function readText(value: string): Promise<string> {
  if (!value.startsWith('@')) return value;
  const file = value.slice(1);
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(`The file ${file} cannot be read: ${reasonOf(error)}.`);
  });
}

/** A number, or `none`; commander knows no null. */
export type Limit = number | 'none';

export function parseLimit(value: string): Limit {
  return value === 'none' ? value : parseNumber(value);
}

/** What the API takes: null for no limit, undefined for no change. */
export function limitOf(limit: Limit | undefined): number | null | undefined {
  return limit === 'none' ? null : limit;
}

export function parseNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('Expected a number.');
  return number;
}

/** `name: value`, several times. */
export function collectHeader(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, content] = /^([^:\s]+):\s*(.+)$/.exec(value) ?? [];
  if (name === undefined || content === undefined) {
    throw new InvalidArgumentError('Expected "name: value".');
  }
  return { ...before, [name]: content };
}

export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' ? 'it does not exist' : code === 'EISDIR' ? 'it is a folder' : String(code);
}

/** The database of DATABASE_URL: whether it can be reached and used, its version, and pgvector. Its password is never told. */
import { Socket } from 'node:net';
import { explainCode, SILENT_NAME_SERVERS } from './ask.ts';
import { codeOf, type Finding, failed, ok, skipped, warning } from './finding.ts';
import { canResolve } from './names.ts';

export interface CheckPostgresOptions {
  /** The value of DATABASE_URL. */
  readonly url: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly nameServers?: readonly string[] | undefined;
}

const DEFAULT_PORT = 5432;

export async function checkPostgres(options: CheckPostgresOptions): Promise<readonly Finding[]> {
  const { url, timeoutMs } = options;
  if (url === undefined)
    return [
      skipped('postgres', 'DATABASE_URL is not set: the server has a database of its own in the data folder'),
    ];
  const parsed = /^postgres(ql)?:\/\//.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) {
    return [
      failed(
        'postgres',
        'DATABASE_URL is no postgres:// URL',
        'Write it as postgres://user:password@host:5432/database; encode signs such as "@" in the password.',
      ),
    ];
  }
  const place = `${parsed.hostname || 'localhost'}:${parsed.port || DEFAULT_PORT}`;
  if (parsed.hostname !== '' && !(await canResolve(parsed.hostname, options)))
    return [unreachable(place, SILENT_NAME_SERVERS.reason)];
  // Loaded for this check only: the other commands start faster without.
  const { Client } = await import('pg');
  const socket = new Socket();
  let isLate = false;
  const giveUp = () => void socket.destroy();
  const timer = setTimeout(() => {
    isLate = true;
    giveUp();
  }, timeoutMs);
  options.signal.addEventListener('abort', giveUp, { once: true });
  const client = new Client({ connectionString: url, stream: () => socket });
  // A connection that breaks later is told by the query that waits.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<Row>(QUESTION);
    const [row] = rows;
    return row === undefined ? [unreachable(place, 'answers nothing')] : describe(place, row);
  } catch (error) {
    options.signal.throwIfAborted();
    return [
      isLate ? unreachable(place, `did not answer within ${timeoutMs / 1000} s`) : explain(place, error),
    ];
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', giveUp);
    // A polite end would wait for the other side.
    giveUp();
  }
}

interface Row {
  readonly version: string;
  readonly may_create: boolean | null;
  readonly vector_installed: string | null;
  readonly vector_offered: string | null;
}

const QUESTION = `
  select
    current_setting('server_version') as version,
    has_schema_privilege(current_schema(), 'CREATE') as may_create,
    (select extversion from pg_extension where extname = 'vector') as vector_installed,
    (select default_version from pg_available_extensions where name = 'vector') as vector_offered`;

function describe(place: string, row: Row): readonly Finding[] {
  const postgres =
    row.may_create === true
      ? ok('postgres', `${place} answers (Postgres ${row.version})`)
      : failed(
          'postgres',
          `${place} answers (Postgres ${row.version}), but this user may not create tables`,
          'Make the user the owner of the database, or grant it CREATE on the schema.',
        );
  if (row.vector_installed !== null)
    return [postgres, ok('pgvector', `pgvector ${row.vector_installed} is installed`)];
  if (row.vector_offered !== null) {
    return [
      postgres,
      ok('pgvector', `pgvector ${row.vector_offered} can be installed; the server does so when it needs it`),
    ];
  }
  return [
    postgres,
    warning(
      'pgvector',
      'this Postgres has no pgvector: documents are searched by words only',
      'Install the package postgresql-…-pgvector on its machine, or use an image that has it.',
    ),
  ];
}

function explain(place: string, error: unknown): Finding {
  const code = codeOf(error);
  switch (code) {
    case '28P01':
    case '28000':
      return failed(
        'postgres',
        `${place} refuses user or password (${code})`,
        'Correct them in DATABASE_URL, or allow this machine in pg_hba.conf.',
      );
    case '3D000':
      return failed(
        'postgres',
        `${place} has no database of that name`,
        'Create it (createdb), or correct the name in DATABASE_URL.',
      );
    case '57P03':
      return failed('postgres', `${place} is starting or stopping`, 'Try again in a moment.');
    case '53300':
      return failed(
        'postgres',
        `${place} has too many connections`,
        'Raise max_connections, or stop what holds them.',
      );
    default:
      return unreachable(
        place,
        code === undefined ? 'does not answer as a Postgres does' : explainCode(code),
      );
  }
}

function unreachable(place: string, reason: string): Finding {
  return failed(
    'postgres',
    `${place} ${reason}`,
    'Is Postgres running there, and do host and port in DATABASE_URL fit?',
  );
}

/** The one reader of the environment: a schema per variable, and an error that names the variable when it is wrong. */
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { VENDORS } from './providers/vendors/all.ts';
import { environmentOf } from './providers/vendors/operator-keys.ts';

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Origin under which clients reach this server, without a trailing slash; undefined means "as they came". */
  readonly publicUrl: string | undefined;
  readonly dataDirectory: string;
  readonly apiKey: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly mediaAddress: string | undefined;
  readonly mediaPorts: { readonly first: number; readonly last: number } | undefined;
  readonly mediaProcesses: number;
  /** Largest video picture in pixels; a larger request is scaled down with its aspect kept. */
  readonly maxVideoPixels: number;
  readonly iceServers: readonly IceServerConfig[];
  readonly openaiApiKey: string | undefined;
  readonly openaiBaseUrl: string | undefined;
  readonly openaiModel: string | undefined;
  readonly localModels: boolean;
  /** The part of the environment that holds keys and addresses of vendors; see docs/vendors.md. */
  readonly vendorEnvironment: Readonly<Record<string, string | undefined>>;
  readonly startWindowMs: number;
  readonly heartbeatMs: number;
  readonly recoveryWindowMs: number;
  /** 0 means never. */
  readonly idleMs: number;
  /** Limits of organizations that have none of their own; undefined means unlimited. */
  readonly limits: {
    readonly maxActiveSessions: number | undefined;
    readonly maxMinutesPerSession: number | undefined;
    readonly maxMinutesPerMonth: number | undefined;
  };
  readonly rateLimits: {
    readonly keyPerMinute: number;
    readonly sessionPerMinute: number;
    readonly wrongKeysPerMinute: number;
  };
  readonly routing: {
    readonly provisional: boolean;
    readonly unmeasured: boolean;
    readonly hedging: boolean;
  };
  readonly gatewayProcesses: number;
  readonly privateUrls: boolean;
  /** What webhooks of agents' tools get as their body. */
  readonly webhookBody: 'envelope' | 'args' | 'merged';
  readonly secret: string | undefined;
  readonly earlierSecrets: readonly string[];
  /** Folders in which optional programs (recogniser, ffmpeg) are looked for: PATH. */
  readonly searchPath: string;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

export interface IceServerConfig {
  readonly urls: string | string[];
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

/** The start stops with this message; it names the variable, what was expected and what came. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

interface Variable {
  readonly schema: z.ZodType;
  readonly expected: string;
  readonly default: string;
  readonly meaning: string;
  /** Its value never appears in an error message. */
  readonly secret?: boolean;
}

const integer = (minimum: number, maximum: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(minimum).max(maximum));

const onOff = z.enum(['on', 'off']).transform((value) => value === 'on');

const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value))
  .transform((value) => value.replace(/\/+$/, ''));

/** Every variable the server reads. The table in README.md is checked against this one. */
export const CONFIG_VARIABLES = {
  PORT: {
    schema: integer(0, 65_535),
    expected: 'a port from 0 to 65535 (0 picks a free one)',
    default: '8484',
    meaning: 'Port of the HTTP server.',
  },
  HOST: {
    schema: z.string().min(1),
    expected: 'an address or host name to listen on',
    default: '127.0.0.1',
    meaning: 'Address to listen on. `0.0.0.0` opens the server to the network.',
  },
  VISAVOX_PUBLIC_URL: {
    schema: httpUrl,
    expected: 'an http:// or https:// URL',
    default: '',
    meaning: 'URL under which clients reach the server; used in the links it hands out.',
  },
  VISAVOX_DATA_DIR: {
    schema: z.string().min(1),
    expected: 'a folder',
    default: '.visavox in the repository',
    meaning: 'Folder for the embedded database, the generated key and downloaded models.',
  },
  VISAVOX_API_KEY: {
    schema: z.string().regex(/^[\x21-\x7e]{8,200}$/),
    expected: '8 to 200 printable characters without spaces',
    default: '',
    meaning:
      "The first organization's key, for `PersoLive-APIKey` and `Bearer`. Absent: generated and kept in the data folder.",
    secret: true,
  },
  DATABASE_URL: {
    schema: z.string().regex(/^postgres(ql)?:\/\//),
    expected: 'a postgres:// URL',
    default: '',
    meaning: 'Postgres to use. Absent: an embedded Postgres (PGlite) in the data folder.',
    secret: true,
  },
  VISAVOX_MEDIA_ADDRESS: {
    schema: z.union([z.ipv4(), z.ipv6()]),
    expected: 'an IP address',
    default: '',
    meaning:
      'Address that clients reach for media, when it is not one of this machine (1:1 NAT, containers).',
  },
  VISAVOX_MEDIA_PORTS: {
    schema: z
      .string()
      .regex(/^\d+-\d+$/)
      .transform((value) => {
        const [first = 0, last = 0] = value.split('-').map(Number);
        return { first, last };
      })
      .refine(({ first, last }) => first >= 1024 && last <= 65_535 && last - first >= 9),
    expected: 'a UDP port range of at least 10 ports between 1024 and 65535, e.g. 50000-50199',
    default: '',
    meaning: 'UDP ports for media, e.g. `50000-50199`. Absent: any free port.',
  },
  VISAVOX_MEDIA_PROCESSES: {
    schema: integer(1, 64),
    expected: 'a number from 1 to 64',
    default: 'one per core, 4 at most',
    meaning: 'Number of media processes. A crash costs only the sessions of its own process.',
  },
  VISAVOX_VIDEO_MAX_PIXELS: {
    schema: integer(64 * 64, 3840 * 2160),
    expected: 'a number of pixels from 4096 to 8294400',
    default: '921600',
    meaning:
      'Largest picture sent (921600 = 720 × 1280). Larger requests keep their aspect and are scaled down.',
  },
  VISAVOX_ICE_SERVERS: {
    schema: z
      .string()
      .transform((value, context): unknown => {
        try {
          return JSON.parse(value);
        } catch {
          context.addIssue('not JSON');
          return z.NEVER;
        }
      })
      .pipe(
        z.array(
          z.object({
            urls: z.union([z.string(), z.array(z.string())]),
            username: z.string().optional(),
            credential: z.string().optional(),
          }),
        ),
      ),
    expected: 'a JSON array of {urls, username?, credential?}',
    default: '[]',
    meaning: 'STUN and TURN servers handed to clients.',
    secret: true,
  },
  OPENAI_API_KEY: {
    schema: z.string().min(1),
    expected: 'a key',
    default: '',
    meaning: 'Key of OpenAI or of the endpoint in `OPENAI_BASE_URL`: language model, voices and recognition.',
    secret: true,
  },
  OPENAI_BASE_URL: {
    schema: httpUrl,
    expected: 'an http:// or https:// URL',
    default: '',
    meaning: 'Base URL of an OpenAI-compatible endpoint, e.g. `http://127.0.0.1:11434/v1`.',
  },
  OPENAI_MODEL: {
    schema: z.string().min(1),
    expected: 'a model name',
    default: 'the first chat model listed',
    meaning: 'Model behind the default language-model names such as `gpt-35`.',
  },
  VISAVOX_LOCAL_MODELS: {
    schema: z.enum(['on', 'off']).transform((value) => value === 'on'),
    expected: '`on` or `off`',
    default: 'on',
    meaning:
      'Look at start for an OpenAI-compatible server on its usual loopback port (Ollama, LM Studio, llama.cpp, vLLM).',
  },
  VISAVOX_START_WINDOW_SECONDS: {
    schema: integer(1, 3600),
    expected: 'seconds from 1 to 3600',
    default: '60',
    meaning: 'Time in which a new session must be connected.',
  },
  VISAVOX_HEARTBEAT_SECONDS: {
    schema: integer(1, 3600),
    expected: 'seconds from 1 to 3600',
    default: '30',
    meaning: 'A session without WebRTC ends when no event came for so long.',
  },
  VISAVOX_RECOVERY_SECONDS: {
    schema: integer(0, 600),
    expected: 'seconds from 0 to 600',
    default: '30',
    meaning: 'Time in which a client that can recover may come back after its connection was lost.',
  },
  VISAVOX_IDLE_SECONDS: {
    schema: integer(0, 86_400),
    expected: 'seconds from 0 to 86400',
    default: '0',
    meaning: 'A session in which nobody says or asks anything for so long ends. 0: never.',
  },
  VISAVOX_MAX_ACTIVE_SESSIONS: {
    schema: integer(0, 1_000_000),
    expected: 'a number from 0 to 1000000',
    default: '',
    meaning: 'Sessions an organization may have connected at once, unless it has its own limit. Absent: any.',
  },
  VISAVOX_MAX_MINUTES_PER_SESSION: {
    schema: integer(1, 1_000_000),
    expected: 'minutes from 1 to 1000000',
    default: '',
    meaning: 'Minutes a session may last, unless its organization has its own limit. Absent: any.',
  },
  VISAVOX_MAX_MINUTES_PER_MONTH: {
    schema: integer(0, 1_000_000_000),
    expected: 'minutes from 0 to 1000000000',
    default: '',
    meaning: 'Minutes of all sessions of an organization in a calendar month (UTC), likewise. Absent: any.',
  },
  VISAVOX_RATE_LIMIT_KEY: {
    schema: integer(1, 10_000_000),
    expected: 'requests a minute from 1 to 10000000',
    default: '30000',
    meaning: 'Requests a minute with one API key; beyond it the answer is 429.',
  },
  VISAVOX_RATE_LIMIT_SESSION: {
    schema: integer(1, 10_000_000),
    expected: 'requests a minute from 1 to 10000000',
    default: '1200',
    meaning: 'Requests a minute for one session without a key.',
  },
  VISAVOX_RATE_LIMIT_WRONG_KEYS: {
    schema: integer(1, 10_000_000),
    expected: 'requests a minute from 1 to 10000000',
    default: '100',
    meaning: 'Wrong API keys a minute from one address, before it has to wait.',
  },
  VISAVOX_ROUTE_PROVISIONAL: {
    schema: onOff,
    expected: '`on` or `off`',
    default: 'on',
    meaning: 'Whether the voice gateway uses models whose measurements are provisional.',
  },
  VISAVOX_ROUTE_UNMEASURED: {
    schema: onOff,
    expected: '`on` or `off`',
    default: 'off',
    meaning:
      "Whether the voice gateway uses vendors' models that nobody measured, after all others. Servers of your own always count.",
  },
  VISAVOX_GATEWAY_PROCESSES: {
    schema: integer(0, 256),
    expected: 'a number from 0 to 256',
    default: '0',
    meaning:
      "Processes that answer the voice gateway's calls, each on a core of its own. 0: the main process answers them too.",
  },
  VISAVOX_HEDGING: {
    schema: onOff,
    expected: '`on` or `off`',
    default: 'off',
    meaning:
      'Whether calls that optimize for latency also start the second best provider when the first is slower than usual. Costs a second call then.',
  },
  VISAVOX_PRIVATE_URLS: {
    schema: z.enum(['deny', 'allow']).transform((value) => value === 'allow'),
    expected: '`deny` or `allow`',
    default: 'deny',
    meaning:
      'Whether addresses that users name (MCP servers, documents, webhooks) may lead into the private network, this machine included.',
  },
  VISAVOX_WEBHOOK_BODY: {
    schema: z.enum(['envelope', 'args', 'merged']),
    expected: '`envelope`, `args` or `merged`',
    default: 'envelope',
    meaning:
      "What webhooks of agents' tools receive: the arguments in an envelope with ids, the arguments alone, or both in one object.",
  },
  VISAVOX_SECRET: {
    schema: z.string().min(32).max(500),
    expected: '32 to 500 characters',
    default: '',
    meaning:
      'Seals stored credentials and signs links; the same on every node of one database. Absent: generated and kept in the data folder.',
    secret: true,
  },
  VISAVOX_EARLIER_SECRETS: {
    schema: z
      .string()
      .transform((list) => list.split(',').map((one) => one.trim()))
      .pipe(z.array(z.string().min(32).max(500)).max(10)),
    expected: 'up to 10 secrets of 32 to 500 characters, separated by commas',
    default: '',
    meaning:
      'Values that `VISAVOX_SECRET` had before: what they sealed can still be opened, and keys of vendors are sealed anew at the start.',
    secret: true,
  },
  VISAVOX_LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    expected: 'fatal, error, warn, info, debug, trace or silent',
    default: 'info',
    meaning: 'How much is logged.',
  },
} as const satisfies Record<string, Variable>;

type VariableName = keyof typeof CONFIG_VARIABLES;

/**
 * Reads the configuration. An empty value means "not set".
 * @throws {ConfigError} for a bad value, or for an unknown `VISAVOX_…` variable.
 */
export function readConfig(environment: NodeJS.ProcessEnv, repositoryDirectory: string): Config {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('VISAVOX_') && !(name in CONFIG_VARIABLES)) {
      throw new ConfigError(
        `${name} is not a variable of Visavox. Known ones: ${Object.keys(CONFIG_VARIABLES).join(', ')}.`,
      );
    }
  }
  const read = <Name extends VariableName>(
    name: Name,
  ): z.output<(typeof CONFIG_VARIABLES)[Name]['schema']> | undefined => {
    const value = environment[name];
    if (value === undefined || value === '') return undefined;
    const variable: Variable = CONFIG_VARIABLES[name];
    const parsed = variable.schema.safeParse(value);
    if (!parsed.success) {
      const came = variable.secret ? 'another value came' : `"${value}" came`;
      throw new ConfigError(`${name} must be ${variable.expected}, but ${came}.`);
    }
    // The schema of this very name was used.
    return parsed.data as z.output<(typeof CONFIG_VARIABLES)[Name]['schema']>;
  };
  return {
    port: read('PORT') ?? 8484,
    host: read('HOST') ?? '127.0.0.1',
    publicUrl: read('VISAVOX_PUBLIC_URL'),
    dataDirectory: path.resolve(repositoryDirectory, read('VISAVOX_DATA_DIR') ?? '.visavox'),
    apiKey: read('VISAVOX_API_KEY'),
    databaseUrl: read('DATABASE_URL'),
    mediaAddress: read('VISAVOX_MEDIA_ADDRESS'),
    mediaPorts: read('VISAVOX_MEDIA_PORTS'),
    mediaProcesses: read('VISAVOX_MEDIA_PROCESSES') ?? Math.min(4, os.availableParallelism()),
    maxVideoPixels: read('VISAVOX_VIDEO_MAX_PIXELS') ?? 720 * 1280,
    iceServers: read('VISAVOX_ICE_SERVERS') ?? [],
    openaiApiKey: read('OPENAI_API_KEY'),
    openaiBaseUrl: read('OPENAI_BASE_URL'),
    openaiModel: read('OPENAI_MODEL'),
    localModels: read('VISAVOX_LOCAL_MODELS') ?? true,
    vendorEnvironment: Object.fromEntries(
      VENDORS.flatMap(environmentOf).map((name) => [name, environment[name]]),
    ),
    startWindowMs: (read('VISAVOX_START_WINDOW_SECONDS') ?? 60) * 1000,
    heartbeatMs: (read('VISAVOX_HEARTBEAT_SECONDS') ?? 30) * 1000,
    recoveryWindowMs: (read('VISAVOX_RECOVERY_SECONDS') ?? 30) * 1000,
    idleMs: (read('VISAVOX_IDLE_SECONDS') ?? 0) * 1000,
    limits: {
      maxActiveSessions: read('VISAVOX_MAX_ACTIVE_SESSIONS'),
      maxMinutesPerSession: read('VISAVOX_MAX_MINUTES_PER_SESSION'),
      maxMinutesPerMonth: read('VISAVOX_MAX_MINUTES_PER_MONTH'),
    },
    rateLimits: {
      keyPerMinute: read('VISAVOX_RATE_LIMIT_KEY') ?? 30_000,
      sessionPerMinute: read('VISAVOX_RATE_LIMIT_SESSION') ?? 1200,
      wrongKeysPerMinute: read('VISAVOX_RATE_LIMIT_WRONG_KEYS') ?? 100,
    },
    routing: {
      provisional: read('VISAVOX_ROUTE_PROVISIONAL') ?? true,
      unmeasured: read('VISAVOX_ROUTE_UNMEASURED') ?? false,
      hedging: read('VISAVOX_HEDGING') ?? false,
    },
    gatewayProcesses: read('VISAVOX_GATEWAY_PROCESSES') ?? 0,
    privateUrls: read('VISAVOX_PRIVATE_URLS') ?? false,
    webhookBody: read('VISAVOX_WEBHOOK_BODY') ?? 'envelope',
    secret: read('VISAVOX_SECRET'),
    earlierSecrets: read('VISAVOX_EARLIER_SECRETS') ?? [],
    searchPath: environment['PATH'] ?? '',
    logLevel: read('VISAVOX_LOG_LEVEL') ?? 'info',
  };
}

/** What child processes get of the environment: enough for Node and native modules, none of the secrets. */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = [
    'PATH',
    'HOME',
    'TMPDIR',
    'TEMP',
    'TZ',
    'LANG',
    'LD_LIBRARY_PATH',
    'SystemRoot',
    'NODE_OPTIONS',
    'NODE_COMPILE_CACHE',
  ];
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

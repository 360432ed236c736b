/**
 * The tools of remote MCP servers for one session: connects when tools are first needed, lists them, runs them. A
 * server that is slow, broken, lying or gone costs its own calls and nothing else.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type ContentBlock, ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';

export interface McpServerDescription {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly transport: 'streamable_http' | 'sse';
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RemoteTool {
  /** Unique in the toolbox, and of a form every language model accepts. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Record<string, unknown>;
}

export interface Toolbox {
  /** Never rejects but for an abort: servers that do not answer are left out. */
  listTools(options: { readonly signal: AbortSignal }): Promise<readonly RemoteTool[]>;
  /**
   * Runs a listed tool. Failures become a result that says so, for the model to react to; rejects for an abort only.
   */
  callTool(name: string, argumentsJson: string, options: { readonly signal: AbortSignal }): Promise<string>;
  /** Ends the connections. Idempotent. */
  close(): Promise<void>;
}

export interface McpOptions {
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly log: { warn(fields: object, message: string): void };
}

/** The list is part of the wait before an answer: it may not take as long as a call. */
const MAX_LIST_MS = 5000;
const TOOLS_FRESH_MS = 60_000;
/** A server that failed is left alone for a while, so that not every turn waits for it. */
const RETRY_AFTER_MS = 15_000;
const MAX_TOOLS = 128;
const MAX_DESCRIPTION_CHARACTERS = 1024;
const MAX_SCHEMA_BYTES = 16 * 1024;
const MAX_RESULT_CHARACTERS = 64 * 1024;
const CLIENT_INFO = { name: 'visavox', version: '0.1.0' };

interface Connection {
  readonly client: Client;
  /** False once the server has closed it or it broke. */
  alive: boolean;
}

interface ListedTool extends RemoteTool {
  readonly originalName: string;
}

/** One server of one session. */
class RemoteServer {
  readonly description: McpServerDescription;
  readonly #options: McpOptions;
  #connecting: Promise<Connection> | undefined;
  #listing: Promise<readonly ListedTool[]> | undefined;
  #tools: readonly ListedTool[] = [];
  #listedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(description: McpServerDescription, options: McpOptions) {
    this.description = description;
    this.#options = options;
  }

  /** The latest list that is known; throws when the server has never been reached. */
  async listTools(): Promise<readonly ListedTool[]> {
    const now = this.#options.now();
    if (now - this.#listedAt < TOOLS_FRESH_MS || now - this.#failedAt < RETRY_AFTER_MS) return this.#tools;
    this.#listing ??= this.#fetchTools().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async #fetchTools(): Promise<readonly ListedTool[]> {
    try {
      const timeout = Math.min(this.description.timeoutMs, MAX_LIST_MS);
      this.#tools = await this.#ask(timeout, async (client) => {
        const tools: ListedTool[] = [];
        let cursor: string | undefined;
        do {
          const page = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout });
          for (const tool of page.tools) {
            const listed = toListedTool(tool);
            if (listed !== undefined) tools.push(listed);
          }
          cursor = page.nextCursor;
        } while (cursor !== undefined && tools.length < MAX_TOOLS);
        return tools.slice(0, MAX_TOOLS);
      });
      this.#listedAt = this.#options.now();
    } catch (error) {
      this.#failedAt = this.#options.now();
      // A server that is gone has no tools.
      this.#tools = [];
      this.#options.log.warn(
        { mcpServerId: this.description.id, reason: reasonOf(error) },
        'an MCP server did not list its tools',
      );
    }
    return this.#tools;
  }

  async callTool(originalName: string, input: unknown, signal: AbortSignal): Promise<string> {
    const { timeoutMs } = this.description;
    const result = await this.#ask(timeoutMs, (client) =>
      client.callTool(
        { name: originalName, arguments: toArguments(input) },
        undefined,
        // A server that reports progress is not given more time for it.
        { signal, timeout: timeoutMs, maxTotalTimeout: timeoutMs },
      ),
    );
    const text = toText(result);
    return result.isError === true ? failure(text === '' ? 'The tool reported an error.' : text) : text;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connecting?.catch(() => undefined);
    await connection?.client.close().catch(() => {});
  }

  /** A connection that broke is dropped; what a restarted server never saw is asked again. */
  async #ask<T>(timeoutMs: number, action: (client: Client) => Promise<T>): Promise<T> {
    const connection = await this.#connect(timeoutMs);
    try {
      return await action(connection.client);
    } catch (error) {
      if (error instanceof McpError && error.code !== (ErrorCode.ConnectionClosed as number)) throw error;
      connection.alive = false;
      await connection.client.close().catch(() => {});
      // The server does not know the connection: it was restarted and has done nothing.
      if (!(error instanceof StreamableHTTPError) || error.code !== 404) throw error;
      return action((await this.#connect(timeoutMs)).client);
    }
  }

  /** Opened once; opened again when it broke. */
  async #connect(timeoutMs: number): Promise<Connection> {
    const current = await this.#connecting?.catch(() => undefined);
    if (current?.alive === true) return current;
    if (this.#closed) throw new Error('The session has ended.');
    this.#connecting = this.#open(timeoutMs);
    return this.#connecting;
  }

  async #open(timeoutMs: number): Promise<Connection> {
    const client = new Client(CLIENT_INFO);
    const connection: Connection = { client, alive: true };
    client.onclose = () => {
      connection.alive = false;
    };
    // Without a handler a broken stream would be an unhandled error.
    client.onerror = () => {};
    const abort = new AbortController();
    const timer = setTimeout(
      () => abort.abort(new Error(`The server did not answer within ${timeoutMs / 1000} s.`)),
      timeoutMs,
    );
    try {
      const connecting = client.connect(this.#createTransport(), {
        timeout: timeoutMs,
        signal: abort.signal,
      });
      await Promise.race([connecting, rejectOnAbort(abort.signal)]);
      return connection;
    } catch (error) {
      connection.alive = false;
      await client.close().catch(() => {});
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #createTransport(): Transport {
    const { url, headers, transport } = this.description;
    const options = { fetch: this.#options.fetch, requestInit: { headers: { ...headers } } };
    const target = new URL(url);
    // The classes lack `exactOptionalPropertyTypes` only.
    return transport === 'sse'
      ? new SSEClientTransport(target, options)
      : (new StreamableHTTPClientTransport(target, {
          ...options,
          reconnectionOptions: {
            initialReconnectionDelay: 500,
            maxReconnectionDelay: 5000,
            reconnectionDelayGrowFactor: 2,
            maxRetries: 2,
          },
        }) as Transport);
  }
}

export function createToolbox(servers: readonly McpServerDescription[], options: McpOptions): Toolbox {
  const remotes = servers.map((server) => new RemoteServer(server, options));
  /** By the name the model knows: of the latest list. */
  let known = new Map<string, { readonly remote: RemoteServer; readonly originalName: string }>();
  let closing: Promise<void> | undefined;

  return {
    async listTools({ signal }) {
      signal.throwIfAborted();
      if (remotes.length === 0 || closing !== undefined) return [];
      const lists = await Promise.race([
        Promise.all(remotes.map((remote) => remote.listTools())),
        rejectOnAbort(signal),
      ]);
      const next: typeof known = new Map();
      const tools: RemoteTool[] = [];
      for (const [index, list] of lists.entries()) {
        const remote = remotes[index];
        if (remote === undefined) continue;
        for (const { originalName, ...tool } of list) {
          const name = uniqueName(tool.name, remote.description.name, next);
          if (name === undefined || tools.length >= MAX_TOOLS) continue;
          next.set(name, { remote, originalName });
          tools.push({ ...tool, name });
        }
      }
      known = next;
      return tools;
    },
    async callTool(name, argumentsJson, { signal }) {
      signal.throwIfAborted();
      const tool = known.get(name);
      if (tool === undefined) return failure(`There is no tool named ${name}.`);
      let input: unknown;
      try {
        input = argumentsJson.trim() === '' ? {} : JSON.parse(argumentsJson);
      } catch {
        return failure('The arguments are not valid JSON.');
      }
      try {
        return await Promise.race([
          tool.remote.callTool(tool.originalName, input, signal),
          rejectOnAbort(signal),
        ]);
      } catch (error) {
        signal.throwIfAborted();
        options.log.warn(
          { mcpServerId: tool.remote.description.id, reason: reasonOf(error) },
          'an MCP tool call failed',
        );
        return failure(`The tool server failed: ${reasonOf(error)}`);
      }
    },
    close() {
      closing ??= Promise.all(remotes.map((remote) => remote.close())).then(() => {});
      return closing;
    },
  };
}

/** Connects once and lists the tools; for the operator who registers a server. */
export async function checkMcpServer(
  server: McpServerDescription,
  options: McpOptions,
): Promise<{ readonly problem: string | null; readonly tools: readonly RemoteTool[] }> {
  let problem: string | null = null;
  const toolbox = createToolbox([server], {
    ...options,
    log: {
      warn: (fields) => {
        problem = 'reason' in fields ? String(fields.reason) : 'It could not be reached.';
      },
    },
  });
  try {
    const tools = await toolbox.listTools({ signal: AbortSignal.timeout(server.timeoutMs + MAX_LIST_MS) });
    return { problem, tools };
  } finally {
    await toolbox.close();
  }
}

function toListedTool(tool: {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: Record<string, unknown>;
}): ListedTool | undefined {
  const name = tool.name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  if (name === '' || JSON.stringify(tool.inputSchema).length > MAX_SCHEMA_BYTES) return undefined;
  return {
    name,
    originalName: tool.name,
    description: (tool.description ?? '').slice(0, MAX_DESCRIPTION_CHARACTERS),
    parameters: tool.inputSchema,
  };
}

/** Two servers may offer a tool of the same name; the later one gets its server's name in front. */
function uniqueName(
  name: string,
  serverName: string,
  taken: ReadonlyMap<string, unknown>,
): string | undefined {
  if (!taken.has(name)) return name;
  const prefix = serverName.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 24);
  const prefixed = `${prefix}_${name}`.slice(0, 64);
  return taken.has(prefixed) ? undefined : prefixed;
}

function toArguments(input: unknown): Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? { ...input } : {};
}

function toText(result: object): string {
  const { content, structuredContent } = result as {
    readonly content?: unknown;
    readonly structuredContent?: unknown;
  };
  // The SDK has checked the shape of `content`.
  const blocks = Array.isArray(content) ? (content as readonly ContentBlock[]) : [];
  const texts = blocks.map((block) => {
    switch (block.type) {
      case 'text':
        return block.text;
      case 'resource':
        return 'text' in block.resource ? block.resource.text : `[resource ${block.resource.uri}]`;
      case 'resource_link':
        return `[resource ${block.uri}]`;
      default:
        return `[${block.type} of type ${block.mimeType}]`;
    }
  });
  const text =
    texts.length === 0 && structuredContent !== undefined
      ? JSON.stringify(structuredContent)
      : texts.join('\n');
  return text.length <= MAX_RESULT_CHARACTERS ? text : `${text.slice(0, MAX_RESULT_CHARACTERS)} [cut off]`;
}

function failure(reason: string): string {
  return JSON.stringify({ error: reason.slice(0, 2000) });
}

/** Without the bodies that a server sent. */
function reasonOf(error: unknown): string {
  if (error instanceof StreamableHTTPError && error.code !== undefined && error.code > 0) {
    return `The server answered with status ${error.code}.`;
  }
  // "fetch failed" says nothing; what it was caused by does.
  const told = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  const message = told instanceof Error && told.message !== '' ? told.message : 'it could not be reached';
  return message.replace(/\s+/g, ' ').slice(0, 300);
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

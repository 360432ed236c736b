/** Finds language model servers on this machine, by their usual ports. */
import { fetchModelIds } from './vendors/openai-interface.ts';

export interface LocalModelServer {
  readonly id: string;
  readonly displayName: string;
  readonly baseUrl: string;
  readonly modelIds: readonly string[];
}

const SERVERS: readonly (readonly [id: string, displayName: string, port: number])[] = [
  ['ollama', 'Ollama (local)', 11_434],
  ['lm-studio', 'LM Studio (local)', 1234],
  ['llama-cpp', 'llama.cpp (local)', 8080],
  ['vllm', 'vLLM (local)', 8000],
];

/**
 * Asks each usual port on loopback for its models and returns the servers that list at least one. Takes at most
 * `timeoutMs` (default 300).
 */
export async function detectLocalModels(options: {
  readonly fetch?: typeof fetch;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}): Promise<readonly LocalModelServer[]> {
  options.signal.throwIfAborted();
  const found = await Promise.all(
    SERVERS.map(async ([id, displayName, port]): Promise<LocalModelServer | undefined> => {
      const baseUrl = `http://127.0.0.1:${port}/v1`;
      const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs ?? 300)]);
      try {
        const modelIds = await fetchModelIds(
          { baseUrl, apiKey: undefined, fetch: options.fetch },
          { signal },
        );
        return modelIds.length > 0 ? { id, displayName, baseUrl, modelIds } : undefined;
      } catch {
        // Nothing there, or something else: most machines have no such server.
        return undefined;
      }
    }),
  );
  options.signal.throwIfAborted();
  return found.filter((server) => server !== undefined);
}

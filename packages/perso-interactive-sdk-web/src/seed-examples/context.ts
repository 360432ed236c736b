/** What the examples of the published SDK documents find around them when they run. */

import type * as Client from '../client.ts';
import type * as Server from '../server.ts';

/** As much of Express as the examples use. */
export interface ExpressLike {
  post(
    path: string,
    handler: (
      request: unknown,
      response: { status(code: number): { json(body: unknown): void }; json(body: unknown): void },
    ) => unknown,
  ): void;
  listen(port: number, onListening: () => void): unknown;
}

/** Names and ids of the server the examples run against, in place of those printed in angle brackets. */
export interface SeedNames {
  readonly model_style: string;
  readonly prompt: string;
  readonly llm_type: string;
  readonly tts_type: string;
  readonly stt_type: string;
  readonly sessionTemplateId: string;
  readonly textNormalizationConfigId: string;
}

/** What every example needs. */
export interface SeedBase {
  readonly apiServer: string;
  readonly apiKey: string;
  readonly names: SeedNames;
}

/** Around an example for servers. */
export interface ServerContext extends SeedBase {
  readonly server: typeof Server;
  /** Makes an application; the real Express will do. */
  readonly express: () => ExpressLike;
  readonly port: number;
}

/** Around an example for pages. */
export interface PageContext extends SeedBase {
  /** The client entry, from whichever build is under test. */
  readonly client: typeof Client;
  /** The page's own, typed as loosely as untyped code finds it. */
  // biome-ignore lint/suspicious/noExplicitAny: the examples read elements without narrowing them.
  readonly document: any;
  /** A session nobody has connected to yet. */
  readonly sessionId: string;
  /** A connected session. */
  readonly session: Client.Session;
  /** A WAV file with speech, and the same as a Blob. */
  readonly audioData: ArrayBuffer;
  readonly audioBlob: Blob;
  /** Lets the user speak. */
  userSpeaks(): Promise<void>;
}

interface SeedExampleBase {
  /** Unique name. */
  readonly id: string;
  /** Heading under which the documents print it. */
  readonly section: string;
  /** The documents that print it: of version 1.5, and the latest. */
  readonly documents: ReadonlyArray<'1.5' | 'latest'>;
}

/** An example that runs on a server; resolves with what it found out. */
export interface ServerExample extends SeedExampleBase {
  run(context: ServerContext): Promise<unknown>;
}

/** An example that runs in a page; resolves with what it found out. */
export interface PageExample extends SeedExampleBase {
  run(context: PageContext): Promise<unknown>;
}

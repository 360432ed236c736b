/**
 * The eSpeak NG host, a separate program, driven over its standard streams (protocol: README of the
 * `speech-espeak` package). Started again when it dies.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { decodePcm16 } from '@visavox/audio';
import { ProviderError } from './provider.ts';

export interface EspeakHost {
  readonly sampleRateHz: number;
  /** Languages it has voices for, e.g. `ko`, `en-us`. */
  readonly languages: readonly string[];
  /** Speaks one piece of text; the sound comes while the rest is being made. */
  speak(
    request: { readonly voice: string; readonly text: string },
    options: { readonly signal: AbortSignal },
  ): AsyncGenerator<EspeakPiece>;
  /** Ends the program. Idempotent. */
  close(): Promise<void>;
}

export interface EspeakPiece {
  readonly samples: Int16Array;
  /** Phones that start in this piece, timed from the start of the request; `''` is a pause. */
  readonly phones: readonly { readonly phone: string; readonly startMs: number }[];
}

export interface EspeakHostOptions {
  /** Program and arguments, e.g. `['node', 'host.ts']`. */
  readonly command: readonly [string, ...string[]];
  readonly startTimeoutMs?: number;
  /** Limit for one piece of text. */
  readonly pieceTimeoutMs?: number;
}

interface FrameHeader {
  readonly type: string;
  readonly id?: number;
  readonly reason?: string;
  readonly sampleRateHz?: number;
  readonly languages?: readonly string[];
  readonly phones?: EspeakPiece['phones'];
}

interface Job {
  readonly id: number;
  readonly line: string;
  readonly pieces: EspeakPiece[];
  isDone: boolean;
  error: unknown;
  /** Wakes whoever waits for the next piece. */
  wake: () => void;
}

interface Running {
  readonly child: ChildProcess;
  readonly ready: Promise<FrameHeader>;
}

/** A frame larger than this is no frame: the other side is not the host. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** Deaths in a row, without a finished request between, after which it is not started again. */
const MAX_DEATHS = 3;

/**
 * Starts the program; resolves when it has said that it is ready.
 * @throws {ProviderError} `unavailable` when it cannot be started or lacks its engine.
 */
export async function startEspeakHost(
  options: EspeakHostOptions & { readonly signal: AbortSignal },
): Promise<EspeakHost> {
  const host = new ChildHost(options);
  const onAbort = () => void host.close();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await host.start();
    options.signal.throwIfAborted();
    return host;
  } catch (error) {
    await host.close();
    options.signal.throwIfAborted();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', onAbort);
  }
}

class ChildHost implements EspeakHost {
  readonly #options: EspeakHostOptions;
  readonly #queue: Job[] = [];
  #running: Running | undefined;
  #current: Job | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 1;
  #deaths = 0;
  #isClosed = false;
  #exited: Promise<unknown> = Promise.resolve();
  #sampleRateHz = 22_050;
  #languages: readonly string[] = [];

  constructor(options: EspeakHostOptions) {
    this.#options = options;
  }

  get sampleRateHz(): number {
    return this.#sampleRateHz;
  }

  get languages(): readonly string[] {
    return this.#languages;
  }

  async start(): Promise<void> {
    const { sampleRateHz, languages } = await this.#ensureRunning().ready;
    this.#sampleRateHz = sampleRateHz ?? this.#sampleRateHz;
    this.#languages = languages ?? [];
  }

  async *speak(
    request: { readonly voice: string; readonly text: string },
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<EspeakPiece> {
    signal.throwIfAborted();
    if (this.#isClosed) throw closedError();
    const id = this.#nextId++;
    const line = `${JSON.stringify({ id, voice: request.voice, text: request.text })}\n`;
    const job: Job = { id, line, pieces: [], isDone: false, error: undefined, wake: () => {} };
    const onAbort = () => this.#finish(job, signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#queue.push(job);
    this.#startNext();
    try {
      while (true) {
        signal.throwIfAborted();
        const piece = job.pieces.shift();
        if (piece) yield piece;
        else if (job.error !== undefined) throw job.error;
        else if (job.isDone) return;
        else {
          await new Promise<void>((resolve) => {
            job.wake = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#forget(job);
    }
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      for (const job of this.#queue.splice(0)) this.#finish(job, closedError());
      if (this.#current) this.#finish(this.#current, closedError());
      this.#current = undefined;
      this.#stopChild();
    }
    await this.#exited;
  }

  /** Nobody reads it any more. When it is the one being spoken, its frames are still awaited, and dropped. */
  #forget(job: Job): void {
    const queued = this.#queue.indexOf(job);
    if (queued >= 0) this.#queue.splice(queued, 1);
    job.isDone = true;
    job.pieces.length = 0;
  }

  #finish(job: Job, error?: unknown): void {
    if (job.isDone) return;
    job.isDone = true;
    job.error = error;
    job.wake();
  }

  #startNext(): void {
    if (this.#current || this.#isClosed) return;
    const job = this.#queue.shift();
    if (!job) return;
    this.#current = job;
    this.#timer = setTimeout(
      () => this.#onDeath(new ProviderError('timeout', 'the eSpeak NG host took too long')),
      this.#options.pieceTimeoutMs ?? 20_000,
    );
    const running = this.#ensureRunning();
    running.ready.then(
      () => running.child.stdin?.write(job.line),
      (error) => {
        if (this.#current === job) this.#onDeath(error);
      },
    );
  }

  #ensureRunning(): Running {
    if (this.#running) return this.#running;
    if (this.#deaths >= MAX_DEATHS) {
      const error = new ProviderError(
        'unavailable',
        'the eSpeak NG host keeps dying and is not started again',
      );
      const ready = Promise.reject(error);
      ready.catch(() => {});
      return { child: deadChild, ready };
    }
    const { promise: ready, resolve, reject } = Promise.withResolvers<FrameHeader>();
    ready.catch(() => {});
    const [program, ...args] = this.#options.command;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const running: Running = { child, ready };
    this.#running = running;
    const startTimer = setTimeout(() => child.kill('SIGKILL'), this.#options.startTimeoutMs ?? 30_000);
    this.#exited = new Promise<void>((exited) => {
      const onEnd = () => {
        clearTimeout(startTimer);
        const error = new ProviderError('unavailable', 'the eSpeak NG host stopped unexpectedly');
        reject(error);
        if (this.#running === running) this.#onDeath(error);
        exited();
      };
      child.once('error', onEnd);
      child.once('close', onEnd);
    });
    // A broken pipe is followed by the exit, which is what counts.
    child.stdin.on('error', () => {});
    const read = createFrameReader((header, sound) => {
      if (running !== this.#running) return;
      if (header.type === 'ready') {
        clearTimeout(startTimer);
        resolve(header);
      } else if (header.type === 'unavailable') {
        reject(new ProviderError('unavailable', 'the eSpeak NG engine is not installed'));
      } else this.#onFrame(header, sound);
    });
    child.stdout.on('data', (bytes: Buffer) => {
      if (!read(bytes) && running === this.#running) {
        this.#onDeath(new ProviderError('protocol', 'the eSpeak NG host sent something that is no frame'));
      }
    });
    return running;
  }

  #onFrame(header: FrameHeader, sound: Uint8Array): void {
    const job = this.#current;
    if (!job || header.id !== job.id) return;
    if (header.type === 'audio') {
      if (job.isDone) return;
      job.pieces.push({ samples: decodePcm16(sound), phones: header.phones ?? [] });
      job.wake();
      return;
    }
    clearTimeout(this.#timer);
    this.#current = undefined;
    this.#deaths = 0;
    if (header.type === 'error') this.#finish(job, errorFor(header.reason));
    else this.#finish(job);
    this.#startNext();
  }

  #onDeath(error: unknown): void {
    clearTimeout(this.#timer);
    this.#deaths++;
    this.#stopChild();
    const job = this.#current;
    this.#current = undefined;
    if (job) this.#finish(job, error);
    this.#startNext();
  }

  #stopChild(): void {
    clearTimeout(this.#timer);
    const running = this.#running;
    this.#running = undefined;
    running?.child.kill('SIGKILL');
  }
}

/** Stands for the process that is not started any more. */
const deadChild = { stdin: null } as unknown as ChildProcess;

function closedError(): ProviderError {
  return new ProviderError('unavailable', 'the eSpeak NG host is closed');
}

function errorFor(reason: string | undefined): ProviderError {
  if (reason === 'unknown-voice')
    return new ProviderError('bad-request', 'expected a voice that eSpeak NG has');
  return new ProviderError('protocol', 'the eSpeak NG host could not speak this text');
}

/** Returns a function that takes bytes as they come and says whether they still look like frames. */
function createFrameReader(
  onFrame: (header: FrameHeader, sound: Uint8Array) => void,
): (bytes: Buffer) => boolean {
  let buffered: Buffer = Buffer.alloc(0);
  return (bytes) => {
    buffered = buffered.length === 0 ? bytes : Buffer.concat([buffered, bytes]);
    while (buffered.length >= 8) {
      const headerBytes = buffered.readUInt32LE(0);
      const soundBytes = buffered.readUInt32LE(4);
      const total = 8 + headerBytes + soundBytes;
      if (total > MAX_FRAME_BYTES) return false;
      if (buffered.length < total) break;
      const header = parseHeader(buffered.toString('utf8', 8, 8 + headerBytes));
      if (!header) return false;
      onFrame(header, buffered.subarray(8 + headerBytes, total));
      buffered = buffered.subarray(total);
    }
    return true;
  };
}

function parseHeader(json: string): FrameHeader | undefined {
  try {
    const value: unknown = JSON.parse(json);
    // The host is our own program; its headers have this shape.
    return typeof value === 'object' && value !== null && 'type' in value
      ? (value as FrameHeader)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Calls into a worker thread, one after the other. The thread is replaced when it dies or hangs, so one bad input
 * costs one failed call and nothing else.
 */
import { type Transferable, Worker } from 'node:worker_threads';
import { ProviderError } from './provider.ts';

export interface WorkerClientOptions {
  /** Module of the worker; it answers with `serveWorker`. */
  readonly url: URL;
  /** How errors name the engine, e.g. `the Flite engine`. */
  readonly name: string;
  /** A call that takes longer is failed and the thread replaced. */
  readonly timeoutMs: number;
  /** Replace the thread when a running call is aborted. Worth it for calls that take seconds. Default false. */
  readonly terminateOnAbort?: boolean;
  readonly workerData?: unknown;
}

export interface WorkerClient<Request, Reply> {
  /** Queues one call. An abort rejects with the signal's reason at once. */
  call(
    request: Request,
    options: { readonly signal: AbortSignal; readonly transfer?: readonly Transferable[] },
  ): Promise<Reply>;
  /** Ends the thread; calls under way and later ones reject. Idempotent. */
  close(): Promise<void>;
}

/** What travels over the port, in both directions. */
export type WorkerReply<Reply> =
  | { readonly id: number; readonly reply: Reply }
  | { readonly id: number; readonly failure: string };

interface Job<Request, Reply> {
  readonly id: number;
  readonly request: Request;
  readonly transfer: readonly Transferable[];
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  isSettled: boolean;
}

/** Creates a client; the thread starts with the first call. */
export function createWorkerClient<Request, Reply>(
  options: WorkerClientOptions,
): WorkerClient<Request, Reply> {
  return new ThreadClient(options);
}

class ThreadClient<Request, Reply> implements WorkerClient<Request, Reply> {
  readonly #options: WorkerClientOptions;
  readonly #queue: Job<Request, Reply>[] = [];
  #worker: Worker | undefined;
  #running: Job<Request, Reply> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 1;
  #isClosed = false;
  #terminated: Promise<unknown> = Promise.resolve();

  constructor(options: WorkerClientOptions) {
    this.#options = options;
  }

  async call(
    request: Request,
    options: { readonly signal: AbortSignal; readonly transfer?: readonly Transferable[] },
  ): Promise<Reply> {
    const { signal } = options;
    signal.throwIfAborted();
    if (this.#isClosed) throw this.#closedError();
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const job: Job<Request, Reply> = {
      id: this.#nextId++,
      request,
      transfer: options.transfer ?? [],
      resolve,
      reject,
      isSettled: false,
    };
    const onAbort = () => this.#abort(job, signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#queue.push(job);
    this.#startNext();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const error = this.#closedError();
      for (const job of this.#queue.splice(0)) this.#settle(job, () => job.reject(error));
      const running = this.#running;
      this.#running = undefined;
      if (running) this.#settle(running, () => running.reject(error));
      this.#replaceWorker();
    }
    await this.#terminated;
  }

  #closedError(): ProviderError {
    return new ProviderError('unavailable', `${this.#options.name} is closed`);
  }

  #abort(job: Job<Request, Reply>, reason: unknown): void {
    this.#settle(job, () => job.reject(reason));
    const queued = this.#queue.indexOf(job);
    if (queued >= 0) this.#queue.splice(queued, 1);
    if (this.#running === job && this.#options.terminateOnAbort) {
      this.#running = undefined;
      this.#replaceWorker();
      this.#startNext();
    }
  }

  #startNext(): void {
    if (this.#running || this.#isClosed) return;
    const job = this.#queue.shift();
    if (!job) {
      this.#worker?.unref();
      return;
    }
    this.#running = job;
    const worker = this.#ensureWorker();
    worker.ref();
    this.#timer = setTimeout(() => {
      this.#failRunning(new ProviderError('timeout', `${this.#options.name} took too long`));
    }, this.#options.timeoutMs);
    try {
      worker.postMessage({ id: job.id, request: job.request }, job.transfer);
    } catch (cause) {
      this.#failRunning(
        new ProviderError('bad-request', `${this.#options.name} cannot take this input`, { cause }),
      );
    }
  }

  #ensureWorker(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#options.url, {
      workerData: this.#options.workerData,
      // Diagnostics of the engines go nowhere: they may quote what is spoken.
      stdout: true,
      stderr: true,
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on('message', (message: WorkerReply<Reply>) => {
      if (worker === this.#worker) this.#onReply(message);
    });
    const onDeath = (cause: unknown) => {
      if (worker !== this.#worker) return;
      this.#failRunning(
        new ProviderError('unavailable', `${this.#options.name} stopped unexpectedly`, { cause }),
      );
    };
    worker.on('error', onDeath);
    worker.on('exit', () => onDeath(undefined));
    this.#worker = worker;
    return worker;
  }

  #onReply(message: WorkerReply<Reply>): void {
    const job = this.#running;
    if (job?.id !== message.id) return;
    clearTimeout(this.#timer);
    this.#running = undefined;
    this.#settle(job, () => {
      if ('reply' in message) job.resolve(message.reply);
      else job.reject(new ProviderError('protocol', message.failure));
    });
    this.#startNext();
  }

  #failRunning(error: ProviderError): void {
    const job = this.#running;
    this.#running = undefined;
    this.#replaceWorker();
    if (job) this.#settle(job, () => job.reject(error));
    this.#startNext();
  }

  #replaceWorker(): void {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker) this.#terminated = Promise.all([this.#terminated, worker.terminate()]);
  }

  #settle(job: Job<Request, Reply>, settle: () => void): void {
    if (job.isSettled) return;
    job.isSettled = true;
    settle();
  }
}

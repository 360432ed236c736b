/**
 * Calls to a peer (a thread, a process), one after the other. The peer is replaced when it dies or hangs, so one bad
 * input costs one failed call and nothing else.
 */
import type { Transferable } from 'node:worker_threads';
import { ProviderError } from './provider.ts';

export interface Calls<Request, Reply> {
  /** Queues one call. An abort rejects with the signal's reason at once. */
  call(request: Request, options: CallOptions): Promise<Reply>;
  /** Ends the peer; calls under way and later ones reject. Idempotent. */
  close(): Promise<void>;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly transfer?: readonly Transferable[];
  /** Instead of the usual limit. */
  readonly timeoutMs?: number;
  /** An answer shows that the peer is sound again after it has died. Default true. */
  readonly provesHealth?: boolean;
}

/** The other side, as long as it lives. */
export interface Peer {
  send(message: { readonly id: number; readonly request: unknown }, transfer: readonly Transferable[]): void;
  /** Whether it keeps this process alive: only while it works. */
  hold(isNeeded: boolean): void;
  end(): Promise<unknown>;
}

export interface PeerEvents<Reply> {
  readonly onReply: (message: PeerReply<Reply>) => void;
  readonly onDeath: (cause: unknown) => void;
}

/** What the other side answers. */
export type PeerReply<Reply> =
  | { readonly id: number; readonly reply: Reply }
  | { readonly id: number; readonly failure: string };

export interface CallsOptions<Reply> {
  /** How errors name the engine, e.g. `the Flite engine`. */
  readonly name: string;
  /** A call that takes longer is failed and the peer replaced. */
  readonly timeoutMs: number;
  /** Replace the peer when a running call is aborted. Worth it for calls that take seconds. Default false. */
  readonly endOnAbort?: boolean;
  /** Calls that may wait; one more is refused. Default: any number. */
  readonly maxWaiting?: number;
  /** After three deaths in a row no new peer is started for so long. Default 0. */
  readonly restMs?: number;
  readonly open: (events: PeerEvents<Reply>) => Peer;
}

interface Job<Request, Reply> extends CallOptions {
  readonly id: number;
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  isSettled: boolean;
}

const DEATHS_BEFORE_REST = 3;

/** Creates the calls; the peer starts with the first one. */
export function createCalls<Request, Reply>(options: CallsOptions<Reply>): Calls<Request, Reply> {
  return new PeerCalls(options);
}

class PeerCalls<Request, Reply> implements Calls<Request, Reply> {
  readonly #options: CallsOptions<Reply>;
  readonly #queue: Job<Request, Reply>[] = [];
  #peer: Peer | undefined;
  #running: Job<Request, Reply> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 1;
  #deaths = 0;
  #restsUntilMs = 0;
  #isClosed = false;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: CallsOptions<Reply>) {
    this.#options = options;
  }

  async call(request: Request, options: CallOptions): Promise<Reply> {
    const { signal } = options;
    signal.throwIfAborted();
    if (this.#isClosed) throw this.#closedError();
    if (this.#queue.length >= (this.#options.maxWaiting ?? Number.POSITIVE_INFINITY)) {
      throw new ProviderError('rate-limited', `${this.#options.name} has too much to do; try again`, {
        retryAfterMs: 1000,
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const job = { ...options, id: this.#nextId++, request, resolve, reject, isSettled: false };
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
      this.#replacePeer();
    }
    await this.#ended;
  }

  #closedError(): ProviderError {
    return new ProviderError('unavailable', `${this.#options.name} is closed`);
  }

  #abort(job: Job<Request, Reply>, reason: unknown): void {
    this.#settle(job, () => job.reject(reason));
    const queued = this.#queue.indexOf(job);
    if (queued >= 0) this.#queue.splice(queued, 1);
    if (this.#running === job && this.#options.endOnAbort) {
      this.#running = undefined;
      this.#replacePeer();
      this.#startNext();
    }
  }

  #startNext(): void {
    if (this.#running || this.#isClosed) return;
    const job = this.#queue.shift();
    if (!job) {
      this.#peer?.hold(false);
      return;
    }
    this.#running = job;
    if (!this.#peer && performance.now() < this.#restsUntilMs) {
      this.#failRunning(
        new ProviderError('unavailable', `${this.#options.name} keeps dying and rests for a while`),
      );
      return;
    }
    const peer = this.#ensurePeer();
    peer.hold(true);
    this.#timer = setTimeout(() => {
      this.#onDeath(new ProviderError('timeout', `${this.#options.name} took too long`));
    }, job.timeoutMs ?? this.#options.timeoutMs);
    try {
      peer.send({ id: job.id, request: job.request }, job.transfer ?? []);
    } catch (cause) {
      this.#failRunning(
        new ProviderError('bad-request', `${this.#options.name} cannot take this input`, { cause }),
      );
    }
  }

  #ensurePeer(): Peer {
    if (this.#peer) return this.#peer;
    const peer: Peer = this.#options.open({
      onReply: (message) => {
        if (peer === this.#peer) this.#onReply(message);
      },
      onDeath: (cause) => {
        if (peer !== this.#peer) return;
        this.#onDeath(
          new ProviderError('unavailable', `${this.#options.name} stopped unexpectedly`, { cause }),
        );
      },
    });
    this.#peer = peer;
    return peer;
  }

  #onReply(message: PeerReply<Reply>): void {
    const job = this.#running;
    if (job?.id !== message.id) return;
    clearTimeout(this.#timer);
    this.#running = undefined;
    if (job.provesHealth !== false) this.#deaths = 0;
    this.#settle(job, () => {
      if ('reply' in message) job.resolve(message.reply);
      else job.reject(new ProviderError('protocol', message.failure));
    });
    this.#startNext();
  }

  #onDeath(error: ProviderError): void {
    this.#deaths++;
    if (this.#deaths >= DEATHS_BEFORE_REST) {
      this.#deaths = 0;
      this.#restsUntilMs = performance.now() + (this.#options.restMs ?? 0);
    }
    this.#failRunning(error);
  }

  #failRunning(error: ProviderError): void {
    const job = this.#running;
    this.#running = undefined;
    this.#replacePeer();
    if (job) this.#settle(job, () => job.reject(error));
    this.#startNext();
  }

  #replacePeer(): void {
    clearTimeout(this.#timer);
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer) this.#ended = Promise.all([this.#ended, peer.end()]);
  }

  #settle(job: Job<Request, Reply>, settle: () => void): void {
    if (job.isSettled) return;
    job.isSettled = true;
    settle();
  }
}

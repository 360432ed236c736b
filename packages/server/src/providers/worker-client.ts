/** Calls into a worker thread, one after the other; see `calls.ts`. */
import { Worker } from 'node:worker_threads';
import { type Calls, createCalls, type PeerReply } from './calls.ts';

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

export type WorkerClient<Request, Reply> = Calls<Request, Reply>;

/** Creates a client; the thread starts with the first call. */
export function createWorkerClient<Request, Reply>(
  options: WorkerClientOptions,
): WorkerClient<Request, Reply> {
  return createCalls<Request, Reply>({
    name: options.name,
    timeoutMs: options.timeoutMs,
    endOnAbort: options.terminateOnAbort ?? false,
    open({ onReply, onDeath }) {
      const worker = new Worker(options.url, {
        workerData: options.workerData,
        // Diagnostics of the engines go nowhere: they may quote what is spoken.
        stdout: true,
        stderr: true,
      });
      worker.stdout.resume();
      worker.stderr.resume();
      worker.on('message', (message: PeerReply<Reply>) => onReply(message));
      worker.on('error', onDeath);
      worker.on('exit', () => onDeath(undefined));
      return {
        send: (message, transfer) => worker.postMessage(message, transfer),
        hold: (isNeeded) => (isNeeded ? worker.ref() : worker.unref()),
        end: () => worker.terminate(),
      };
    },
  });
}

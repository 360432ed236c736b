/** Runs a worker thread that does one job and posts one result. */
import { Worker } from 'node:worker_threads';

/**
 * The first message of the worker. Rejects when the worker fails or ends without one, with a `TimeoutError` after
 * `timeoutMs`, and with the signal's reason on abort; the worker is gone then.
 */
export async function runWorker<Result>(
  entry: URL,
  job: unknown,
  options: { readonly name: string; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Result> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  signal.throwIfAborted();
  const worker = new Worker(entry, { workerData: job, stdout: true, stderr: true });
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error(`the ${options.name} ended without a result`)));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

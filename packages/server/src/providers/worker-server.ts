/** The side of a worker thread: answers the calls of `createWorkerClient`. */
import { parentPort, type Transferable } from 'node:worker_threads';

interface Call<Request> {
  readonly id: number;
  readonly request: Request;
}

export interface Answer<Reply> {
  readonly reply: Reply;
  readonly transfer?: readonly Transferable[];
}

/**
 * Answers every call with `handle`. A failure is reported by the static `failure` text alone, because messages of
 * engines may quote their input. `afterwards` runs when the answer is on its way.
 */
export function serveWorker<Request, Reply>(options: {
  readonly handle: (request: Request) => Answer<Reply> | Promise<Answer<Reply>>;
  readonly failure: string;
  readonly afterwards?: () => void;
}): void {
  const port = parentPort;
  if (!port) throw new Error('expected to run in a worker thread');
  port.on('message', async ({ id, request }: Call<Request>) => {
    try {
      const { reply, transfer } = await options.handle(request);
      port.postMessage({ id, reply }, transfer ?? []);
    } catch {
      port.postMessage({ id, failure: options.failure });
    }
    options.afterwards?.();
  });
}

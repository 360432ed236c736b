/** The services of the main process, asked over the channel of this process. */
import type { FromGatewayProcess, MainServices, ToGatewayProcess } from './protocol.ts';

export interface MainChannel {
  readonly services: MainServices;
  /** Takes an answer; other messages are not for it. */
  receive(message: ToGatewayProcess): void;
}

export function openMainChannel(send: (message: FromGatewayProcess) => void): MainChannel {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let nextId = 1;

  const ask = (service: keyof MainServices, request: unknown, signal?: AbortSignal): Promise<unknown> => {
    signal?.throwIfAborted();
    const id = nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const onAbort = () => {
      if (!open.delete(id)) return;
      send({ kind: 'give-up', id });
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = () => signal?.removeEventListener('abort', onAbort);
    open.set(id, {
      resolve: (value) => {
        settle();
        resolve(value);
      },
      reject: (error) => {
        settle();
        reject(error);
      },
    });
    send({ kind: 'ask', id, service, request });
    return promise;
  };

  /** The answers have the types of {@link MainServices}: the main process answers through that very interface. */
  const service = <Name extends keyof MainServices>(name: Name) =>
    ((request?: unknown, options?: { readonly signal: AbortSignal }) =>
      ask(name, request, options?.signal)) as MainServices[Name];

  return {
    services: {
      findOwner: service('findOwner'),
      touchKey: service('touchKey'),
      countRequests: service('countRequests'),
      recordUsage: service('recordUsage'),
      loadScores: service('loadScores'),
      listVendorKeys: service('listVendorKeys'),
      runTool: service('runTool'),
    },
    receive(message) {
      if (message.kind !== 'reply' && message.kind !== 'failure') return;
      const waiting = open.get(message.id);
      open.delete(message.id);
      if (message.kind === 'reply') waiting?.resolve(message.value);
      else waiting?.reject(new Error(message.message));
    },
  };
}

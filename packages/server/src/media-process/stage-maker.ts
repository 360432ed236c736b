/** The stage worker as the media process sees it: asks for stages, and replaces the worker when it dies. */
import { Worker } from 'node:worker_threads';
import { openStage, type PreparedStage, type Stage } from '../avatar/index.ts';
import type { Scene } from '../media/protocol.ts';
import type { SizePx } from './session.ts';
import type { StageReply, StageRequest } from './stage-worker.ts';

export interface StageMaker {
  /** Takes up to a second. Rejects when a picture cannot be decoded or the worker dies. */
  make(packDirectory: string, scene: Scene, size: SizePx): Promise<Stage>;
  close(): void;
}

interface Pending {
  readonly resolve: (prepared: PreparedStage) => void;
  readonly reject: (error: Error) => void;
}

export function createStageMaker(): StageMaker {
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let worker: Worker | undefined;

  const start = (): Worker => {
    const started = new Worker(new URL('stage-worker.ts', import.meta.url));
    const fail = (reason: string) => {
      if (worker !== started) return;
      worker = undefined;
      for (const { reject } of pending.values()) reject(new Error(reason));
      pending.clear();
    };
    started.on('message', (reply: StageReply) => {
      const request = pending.get(reply.id);
      pending.delete(reply.id);
      if ('error' in reply) request?.reject(new Error(reply.error));
      else request?.resolve(reply.prepared);
    });
    started.on('error', (error) => fail(`The stage worker failed: ${String(error)}`));
    started.on('exit', () => fail('The stage worker ended.'));
    started.unref();
    return started;
  };

  return {
    async make(packDirectory, scene, size) {
      worker ??= start();
      const id = nextId++;
      const request: StageRequest = { id, packDirectory, scene, size };
      const asked = worker;
      const prepared = await new Promise<PreparedStage>((resolve, reject) => {
        pending.set(id, { resolve, reject });
        asked.postMessage(request);
      });
      return openStage(prepared);
    },
    close() {
      const closing = worker;
      worker = undefined;
      void closing?.terminate();
      for (const { reject } of pending.values()) reject(new Error('The media process is stopping.'));
      pending.clear();
    },
  };
}

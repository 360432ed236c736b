/** Worker thread that decodes and scales pictures into stages, so that the thread which paces media never waits. */
import { parentPort } from 'node:worker_threads';
import { type AvatarPack, loadAvatarPack, type PreparedStage, prepareStage } from '../avatar/index.ts';
import type { Scene } from '../media/protocol.ts';
import { decodePicture } from './picture.ts';
import type { SizePx } from './session.ts';

export interface StageRequest {
  readonly id: number;
  readonly packDirectory: string;
  readonly scene: Scene;
  readonly size: SizePx;
}

export type StageReply =
  | { readonly id: number; readonly prepared: PreparedStage }
  | { readonly id: number; readonly error: string };

const packs = new Map<string, Promise<AvatarPack>>();

async function prepare({ packDirectory, scene, size }: StageRequest): Promise<PreparedStage> {
  const pack = packs.get(packDirectory) ?? loadAvatarPack(packDirectory, {});
  packs.set(packDirectory, pack);
  const background = scene.background === undefined ? undefined : await decodePicture(scene.background);
  return prepareStage(await pack, { ...size, placement: scene.placement, background });
}

parentPort?.on('message', (request: StageRequest) => {
  prepare(request).then(
    (prepared) => {
      const reply: StageReply = { id: request.id, prepared };
      parentPort?.postMessage(reply, [prepared.bytes.buffer]);
    },
    (error: unknown) => {
      const reply: StageReply = {
        id: request.id,
        error: error instanceof Error ? error.message : String(error),
      };
      parentPort?.postMessage(reply);
    },
  );
});

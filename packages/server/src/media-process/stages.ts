/**
 * The stages of a media process: sessions that see the same scene in the same size share one. A stage lives as long as
 * somebody holds it, and a little longer, since the next visitor of a page mostly wants the same one.
 */
import { createHash } from 'node:crypto';
import { IDLE_LOOP_FRAMES, idlePose, type Stage } from '../avatar/index.ts';
import type { Scene } from '../media/protocol.ts';
import type { I420Frame, IdleLoop } from '../media/transport.ts';
import type { SizePx } from './session.ts';

const MIN_SIDE_PX = 64;
const MAX_SIDE_PX = 8192;
/** Unused stages kept ready, the oldest go first. */
const MAX_UNUSED = 3;

export interface StageLease {
  readonly stage: Stage;
  readonly idleLoop: IdleLoop;
  /** Idempotent. */
  release(): void;
}

export interface Stages {
  lease(scene: Scene, size: SizePx): Promise<StageLease>;
  readonly count: number;
}

interface Entry {
  readonly ready: Promise<{ readonly stage: Stage; readonly idleLoop: IdleLoop }>;
  holders: number;
}

/**
 * Fits a wished size: even sides of 64 to 8192 pixels, at most `maxPixels` (no fewer than 64 × 64) in all, and the
 * aspect of the wish as far as these limits allow.
 */
export function fitSize(wish: SizePx, maxPixels: number): SizePx {
  const wishedWidth = Math.max(1, wish.widthPx);
  const wishedHeight = Math.max(1, wish.heightPx);
  const sideScale = Math.min(1, MAX_SIDE_PX / Math.max(wishedWidth, wishedHeight));
  const width = wishedWidth * sideScale;
  const height = wishedHeight * sideScale;
  const scale = Math.min(1, Math.sqrt(maxPixels / (width * height)));
  const even = (value: number) => Math.max(MIN_SIDE_PX, 2 * Math.floor(value / 2));
  const widthPx = even(width * scale);
  const heightPx = even(height * scale);
  if (widthPx * heightPx <= maxPixels) return { widthPx, heightPx };
  // The short side had to grow to its least length; the long one gives way.
  return widthPx > heightPx
    ? { widthPx: even(maxPixels / heightPx), heightPx }
    : { widthPx, heightPx: even(maxPixels / widthPx) };
}

export function createStages(options: {
  /** Makes a stage; may take up to a second, but must not hold up this thread. */
  readonly makeStage: (scene: Scene, size: SizePx) => Promise<Stage>;
  readonly maxPixels: number;
}): Stages {
  const entries = new Map<string, Entry>();

  const create = async (scene: Scene, size: SizePx, id: string) => {
    const stage = await options.makeStage(scene, size);
    const picture: I420Frame = { ...size, data: new Uint8Array((size.widthPx * size.heightPx * 3) / 2) };
    const idleLoop: IdleLoop = {
      id,
      frameCount: IDLE_LOOP_FRAMES,
      frame(index) {
        stage.render(idlePose(index), picture.data);
        return picture;
      },
    };
    return { stage, idleLoop };
  };

  const trim = (): void => {
    const unused = [...entries].filter(([, entry]) => entry.holders === 0);
    for (const [key] of unused.slice(0, Math.max(0, unused.length - MAX_UNUSED))) entries.delete(key);
  };

  return {
    get count() {
      return entries.size;
    },
    async lease(scene, wish) {
      const size = fitSize(wish, options.maxPixels);
      const key = stageKey(scene, size);
      let entry = entries.get(key);
      // Set anew so that the map keeps the order of last use.
      if (entry !== undefined) entries.delete(key);
      entry ??= { ready: create(scene, size, key), holders: 0 };
      entries.set(key, entry);
      entry.holders += 1;
      const held = entry;
      try {
        const { stage, idleLoop } = await held.ready;
        let released = false;
        return {
          stage,
          idleLoop,
          release() {
            if (released) return;
            released = true;
            held.holders -= 1;
            trim();
          },
        };
      } catch (error) {
        held.holders -= 1;
        if (entries.get(key) === held) entries.delete(key);
        throw error;
      }
    },
  };
}

function stageKey(scene: Scene, size: SizePx): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([scene.modelStyle, scene.placement, size.widthPx, size.heightPx]));
  if (scene.background !== undefined) hash.update(scene.background);
  return hash.digest('hex');
}

/** What stands behind the figure: a generated studio wall, or a picture that covers the frame. */
import { planesFromRgba, resamplePlane } from './planes.ts';

/** A decoded picture, straight-alpha RGBA rows without padding. Transparency is ignored. */
export interface BackgroundPicture {
  readonly rgba: Uint8Array | Uint8ClampedArray;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Opaque frame-size planes; U and V have half the width and height. */
export interface FramePlanes {
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
}

/** Pixels that a filter may reach beyond the picture. */
const BORDER_PX = 4;

/** Scales a picture so that it covers the frame, centred; what is too much on one axis is cut off. */
export function coverBackdrop(picture: BackgroundPicture, widthPx: number, heightPx: number): FramePlanes {
  const planes = planesFromRgba(
    withBorder(picture),
    picture.widthPx + 2 * BORDER_PX,
    picture.heightPx + 2 * BORDER_PX,
  );
  const scale = Math.max(widthPx / picture.widthPx, heightPx / picture.heightPx);
  const sampling = {
    scale,
    offsetXPx: (widthPx - picture.widthPx * scale) / 2 - BORDER_PX * scale,
    offsetYPx: (heightPx - picture.heightPx * scale) / 2 - BORDER_PX * scale,
    leftPx: 0,
    topPx: 0,
    widthPx,
    heightPx,
    below: 'repeat',
  } as const;
  const cut = (plane: Uint8Array, step: 1 | 2) => resamplePlane(plane, planes, sampling, step);
  return { y: cut(planes.y, 1), u: cut(planes.u, 2), v: cut(planes.v, 2) };
}

/** The picture, opaque, with its edge pixels repeated around it: filter taps must not reach where there is nothing. */
function withBorder({ rgba, widthPx, heightPx }: BackgroundPicture): Uint8Array {
  const outWidthPx = widthPx + 2 * BORDER_PX;
  const out = new Uint8Array(outWidthPx * (heightPx + 2 * BORDER_PX) * 4);
  for (let y = 0; y < heightPx + 2 * BORDER_PX; y++) {
    const fromY = Math.min(heightPx - 1, Math.max(0, y - BORDER_PX));
    for (let x = 0; x < outWidthPx; x++) {
      const fromX = Math.min(widthPx - 1, Math.max(0, x - BORDER_PX));
      const from = (fromY * widthPx + fromX) * 4;
      const to = (y * outWidthPx + x) * 4;
      out[to] = rgba[from] ?? 0;
      out[to + 1] = rgba[from + 1] ?? 0;
      out[to + 2] = rgba[from + 2] ?? 0;
      out[to + 3] = 255;
    }
  }
  return out;
}

/** A warm grey studio wall with a soft pool of light behind the head; dithered, so that it shows no bands. */
export function studioBackdrop(widthPx: number, heightPx: number): FramePlanes {
  const y = new Uint8Array(widthPx * heightPx);
  const half = (widthPx / 2) * (heightPx / 2);
  const u = new Uint8Array(half);
  const v = new Uint8Array(half);
  const reachPx = Math.hypot(widthPx, heightPx) / 2;
  const light = (xPx: number, yPx: number) => {
    const dx = (xPx - widthPx * 0.42) / (reachPx * 0.9);
    const dy = (yPx - heightPx * 0.32) / (reachPx * 1.05);
    return Math.exp(-(dx * dx + dy * dy) * 1.1) - 0.1 * (yPx / heightPx);
  };
  for (let row = 0, at = 0; row < heightPx; row++) {
    for (let column = 0; column < widthPx; column++, at++) {
      y[at] = 126 + 68 * light(column, row) + grain(column, row);
    }
  }
  for (let row = 0, at = 0; row < heightPx / 2; row++) {
    for (let column = 0; column < widthPx / 2; column++, at++) {
      const warmth = light(column * 2, row * 2);
      u[at] = 126 - 3.5 * warmth + grain(column + 7919, row);
      v[at] = 129 + 2.5 * warmth + grain(column, row + 6007);
    }
  }
  return { y, u, v };
}

/** Triangular noise in 0 – 1: added before truncation it rounds without bias and hides steps. */
function grain(column: number, row: number): number {
  return (hash(column, row) + hash(column + 311, row + 733)) / 2;
}

function hash(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

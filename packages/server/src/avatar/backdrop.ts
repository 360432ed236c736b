/** What stands behind the figure: a generated studio wall, or a picture that covers the frame. */
import { type Planes, planesFromRgba, resamplePlane } from './planes.ts';

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

/** Scales a picture so that it covers the frame, centred; what is too much on one axis is cut off. */
export function coverBackdrop(picture: BackgroundPicture, widthPx: number, heightPx: number): FramePlanes {
  const opaque = picture.rgba.slice();
  for (let i = 3; i < opaque.length; i += 4) opaque[i] = 255;
  const planes: Planes = planesFromRgba(opaque, picture.widthPx, picture.heightPx);
  const scale = Math.max(widthPx / picture.widthPx, heightPx / picture.heightPx);
  // One percent more than needed keeps filter taps off the picture's edge, where there is nothing.
  const grown = scale * 1.01;
  const sampling = {
    scale: grown,
    offsetXPx: (widthPx - picture.widthPx * grown) / 2,
    offsetYPx: (heightPx - picture.heightPx * grown) / 2,
    leftPx: 0,
    topPx: 0,
    widthPx,
    heightPx,
    below: 'repeat',
  } as const;
  const cut = (plane: Uint8Array, step: 1 | 2) => resamplePlane(plane, planes, sampling, step);
  return { y: cut(planes.y, 1), u: cut(planes.u, 2), v: cut(planes.v, 2) };
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

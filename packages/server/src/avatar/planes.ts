/** Pictures as separate 8-bit planes (BT.601 limited-range Y, U, V, premultiplied by alpha) and their resampling. */

/** Canvas-size planes; Y, U and V are multiplied by alpha, so that figures can be laid over anything. */
export interface Planes {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
  readonly a: Uint8Array;
}

/** Which output pixels a resampling makes. Output sample i covers source position ((i + 0.5) · step − offsetPx) / scale. */
export interface Sampling {
  readonly scale: number;
  readonly offsetXPx: number;
  readonly offsetYPx: number;
  /** First output pixel in full-resolution frame coordinates; may be negative. */
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** What lies below the last source row: the same row again, or nothing. */
  readonly below: 'repeat' | 'empty';
}

/** Converts straight-alpha RGBA to premultiplied planes. */
export function planesFromRgba(
  rgba: Uint8Array | Uint8ClampedArray,
  widthPx: number,
  heightPx: number,
): Planes {
  const count = widthPx * heightPx;
  const planes: Planes = {
    widthPx,
    heightPx,
    y: new Uint8Array(count),
    u: new Uint8Array(count),
    v: new Uint8Array(count),
    a: new Uint8Array(count),
  };
  for (let i = 0, o = 0; i < count; i++, o += 4) {
    const alpha = rgba[o + 3] ?? 0;
    if (alpha === 0) continue;
    const r = rgba[o] ?? 0;
    const g = rgba[o + 1] ?? 0;
    const b = rgba[o + 2] ?? 0;
    const share = alpha / 255;
    planes.y[i] = (16 + 0.256788 * r + 0.504129 * g + 0.097906 * b) * share + 0.5;
    planes.u[i] = (128 - 0.148223 * r - 0.290993 * g + 0.439216 * b) * share + 0.5;
    planes.v[i] = (128 + 0.439216 * r - 0.367788 * g - 0.071427 * b) * share + 0.5;
    planes.a[i] = alpha;
  }
  return planes;
}

/** Copies a rectangle; parts outside the source stay empty. */
export function cropPlanes(
  source: Planes,
  leftPx: number,
  topPx: number,
  widthPx: number,
  heightPx: number,
): Planes {
  const cut = (plane: Uint8Array) => {
    const out = new Uint8Array(widthPx * heightPx);
    const from = Math.max(0, leftPx);
    const to = Math.min(source.widthPx, leftPx + widthPx);
    for (let y = Math.max(0, topPx); y < Math.min(source.heightPx, topPx + heightPx); y++) {
      if (to > from) {
        out.set(
          plane.subarray(y * source.widthPx + from, y * source.widthPx + to),
          (y - topPx) * widthPx + from - leftPx,
        );
      }
    }
    return out;
  };
  return { widthPx, heightPx, y: cut(source.y), u: cut(source.u), v: cut(source.v), a: cut(source.a) };
}

/** Lays `patch` into a copy of `under`, fading over `featherPx` at the patch's border. */
export function featherInto(
  under: Planes,
  patch: Planes,
  leftPx: number,
  topPx: number,
  featherPx: number,
): Planes {
  const out: Planes = {
    ...under,
    y: under.y.slice(),
    u: under.u.slice(),
    v: under.v.slice(),
    a: under.a.slice(),
  };
  const rampX = ramp(patch.widthPx, featherPx);
  const rampY = ramp(patch.heightPx, featherPx);
  for (const key of ['y', 'u', 'v', 'a'] as const) {
    const target = out[key];
    const source = patch[key];
    for (let y = 0; y < patch.heightPx; y++) {
      const vertical = rampY[y] ?? 0;
      let at = (y + topPx) * under.widthPx + leftPx;
      let from = y * patch.widthPx;
      for (let x = 0; x < patch.widthPx; x++, at++, from++) {
        const old = target[at] ?? 0;
        target[at] = old + ((source[from] ?? 0) - old) * vertical * (rampX[x] ?? 0) + 0.5;
      }
    }
  }
  return out;
}

/** Resamples one plane with a Catmull-Rom filter, widened when shrinking. `step` 2 makes a half-size chroma plane. */
export function resamplePlane(
  plane: Uint8Array,
  source: { readonly widthPx: number; readonly heightPx: number },
  sampling: Sampling,
  step: 1 | 2,
): Uint8Array {
  const { scale, below } = sampling;
  const columns = sampling.widthPx / step;
  const rows = sampling.heightPx / step;
  const horizontal = taps(columns, sampling.leftPx, sampling.offsetXPx, scale, step, source.widthPx, 'empty');
  const vertical = taps(rows, sampling.topPx, sampling.offsetYPx, scale, step, source.heightPx, below);
  const out = new Uint8Array(columns * rows);
  let firstRow = source.heightPx;
  let lastRow = -1;
  for (const index of vertical.index) {
    if (index < 0) continue;
    if (index < firstRow) firstRow = index;
    if (index > lastRow) lastRow = index;
  }
  if (lastRow < firstRow) return out;
  const middle = new Float32Array((lastRow - firstRow + 1) * columns);
  for (let row = firstRow; row <= lastRow; row++) {
    const base = row * source.widthPx;
    const target = (row - firstRow) * columns;
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let k = x * horizontal.size, end = k + horizontal.size; k < end; k++) {
        const index = horizontal.index[k] ?? -1;
        if (index >= 0) sum += (plane[base + index] ?? 0) * (horizontal.weight[k] ?? 0);
      }
      middle[target + x] = sum;
    }
  }
  const line = new Float32Array(columns);
  for (let y = 0; y < rows; y++) {
    line.fill(0.5);
    for (let k = y * vertical.size, end = k + vertical.size; k < end; k++) {
      const index = vertical.index[k] ?? -1;
      const weight = vertical.weight[k] ?? 0;
      if (index < 0 || weight === 0) continue;
      const base = (index - firstRow) * columns;
      for (let x = 0; x < columns; x++) line[x] = (line[x] ?? 0) + (middle[base + x] ?? 0) * weight;
    }
    for (let x = 0, at = y * columns; x < columns; x++, at++) {
      const value = line[x] ?? 0;
      out[at] = Math.max(0, Math.min(255, value));
    }
  }
  return out;
}

interface Taps {
  readonly size: number;
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

function taps(
  count: number,
  firstPx: number,
  offsetPx: number,
  scale: number,
  step: number,
  sourceLength: number,
  after: 'repeat' | 'empty',
): Taps {
  const stretch = Math.max(1, step / scale);
  const size = Math.ceil(stretch * 4) + 1;
  const index = new Int32Array(count * size).fill(-1);
  const weight = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const centre = ((i + 0.5) * step + firstPx - offsetPx) / scale - 0.5;
    const first = Math.ceil(centre - 2 * stretch);
    let sum = 0;
    for (let k = 0; k < size; k++) sum += catmullRom((first + k - centre) / stretch);
    for (let k = 0; k < size; k++) {
      const at = first + k;
      const inside = after === 'repeat' ? Math.min(at, sourceLength - 1) : at;
      const isInside = inside >= 0 && inside < sourceLength;
      index[i * size + k] = isInside ? inside : -1;
      weight[i * size + k] = isInside ? catmullRom((at - centre) / stretch) / sum : 0;
    }
  }
  return { size, index, weight };
}

function catmullRom(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return 1.5 * t * t * t - 2.5 * t * t + 1;
  if (t < 2) return -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2;
  return 0;
}

function ramp(length: number, featherPx: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const t = Math.min(1, Math.min(i, length - 1 - i) / Math.max(1, featherPx));
    return t * t * (3 - 2 * t);
  });
}

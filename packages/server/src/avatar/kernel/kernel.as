// Pixel kernel of the avatar renderer (AssemblyScript; compiled by build-kernel.ts into kernel.generated.ts).
// All addresses are byte offsets into one imported memory that the stage lays out; nothing is allocated here.

/** Weighted sum of two byte runs: dst = a + (b - a) * weight / 256. Lengths are multiples of 16. */
export function mix(dst: usize, a: usize, b: usize, weight: i32, length: i32): void {
  const w = i16x8.splat(<i16>(weight << 7));
  for (let i: usize = 0; i < <usize>length; i += 8) {
    const pa = v128.shl<i16>(v128.load_ext<u8>(a + i), 6);
    const pb = v128.shl<i16>(v128.load_ext<u8>(b + i), 6);
    let r = v128.add<i16>(pa, i16x8.q15mulr_sat_s(v128.sub<i16>(pb, pa), w));
    r = v128.shr<u16>(v128.add<i16>(r, i16x8.splat(32)), 6);
    v128.store_lane<u64>(dst + i, i8x16.narrow_i16x8_u(r, r), 0);
  }
}

/** Copies a packed rectangle into a plane. */
export function place(dst: usize, dstStride: i32, src: usize, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    memory.copy(dst + <usize>(y * dstStride), src + <usize>(y * width), <usize>width);
  }
}

/** Copies the visible part of a plane into packed rows. */
export function pack(dst: usize, src: usize, srcStride: i32, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    memory.copy(dst + <usize>(y * width), src + <usize>(y * srcStride), <usize>width);
  }
}

/** target[i] += field[i] * amount, over f32 values; `count` is a multiple of 4. */
export function addField(target: usize, field: usize, amount: f32, count: i32): void {
  const w = f32x4.splat(amount);
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    v128.store(target + i, v128.add<f32>(v128.load(target + i), v128.mul<f32>(v128.load(field + i), w)));
  }
}

/** Turns displacements in pixels (f32) into source offsets in 16.16 fixed point, limited to +-`limit` pixels. */
export function finishNodes(out: usize, sum: usize, limit: f32, count: i32): void {
  const hi = f32x4.splat(limit);
  const lo = f32x4.splat(-limit);
  const scale = f32x4.splat(-65536);
  for (let i: usize = 0; i < <usize>count * 4; i += 16) {
    const v = v128.min<f32>(v128.max<f32>(v128.load(sum + i), lo), hi);
    v128.store(out + i, i32x4.trunc_sat_f32x4_s(v128.mul<f32>(v, scale)));
  }
}

/** Eight bilinear samples in 10.6 fixed point along a line that stays within one row and one column step. */
@inline
function sampleEven(p: usize, stride: i32, wx: v128, wy: v128): v128 {
  const a = v128.shl<i16>(v128.load_ext<u8>(p), 6);
  const b = v128.shl<i16>(v128.load_ext<u8>(p + 1), 6);
  const c = v128.shl<i16>(v128.load_ext<u8>(p + <usize>stride), 6);
  const d = v128.shl<i16>(v128.load_ext<u8>(p + <usize>stride + 1), 6);
  const top = v128.add<i16>(a, i16x8.q15mulr_sat_s(v128.sub<i16>(b, a), wx));
  const low = v128.add<i16>(c, i16x8.q15mulr_sat_s(v128.sub<i16>(d, c), wx));
  return v128.add<i16>(top, i16x8.q15mulr_sat_s(v128.sub<i16>(low, top), wy));
}

/** Weights of three neighbouring pixels (Q15) for positions `t` between the first and the last; 16384 is one pixel. */
@inline
function near(t: v128): v128 {
  return v128.shl<i16>(v128.max<i16>(v128.sub<i16>(i16x8.splat(16383), t), i16x8.splat(0)), 1);
}

@inline
function far(t: v128): v128 {
  return v128.shl<i16>(v128.max<i16>(v128.sub<i16>(t, i16x8.splat(16384)), i16x8.splat(0)), 1);
}

@inline
function between(first: v128, last: v128): v128 {
  return v128.sub<i16>(v128.sub<i16>(i16x8.splat(32767), first), last);
}

@inline
function rowOfThree(p: usize, w0: v128, w1: v128, w2: v128): v128 {
  const a = i16x8.q15mulr_sat_s(v128.shl<i16>(v128.load_ext<u8>(p), 6), w0);
  const b = i16x8.q15mulr_sat_s(v128.shl<i16>(v128.load_ext<u8>(p + 1), 6), w1);
  const c = i16x8.q15mulr_sat_s(v128.shl<i16>(v128.load_ext<u8>(p + 2), 6), w2);
  return v128.add<i16>(v128.add<i16>(a, b), c);
}

/** Eight bilinear samples along a line that crosses a pixel border: weights over three columns and three rows. */
@inline
function sampleCrossing(src: usize, stride: i32, fx: i32, fy: i32, sx: i32, sy: i32): v128 {
  const iota = i16x8(0, 1, 2, 3, 4, 5, 6, 7);
  const backX = sx < 0 ? 1 : 0;
  const backY = sy < 0 ? 1 : 0;
  const zero = i16x8.splat(0);
  let tx = v128.mul<i16>(iota, i16x8.splat(<i16>(sx >> 2)));
  tx = v128.max<i16>(v128.add<i16>(tx, i16x8.splat(<i16>(((fx & 0xffff) >> 2) + backX * 16384))), zero);
  let ty = v128.mul<i16>(iota, i16x8.splat(<i16>(sy >> 2)));
  ty = v128.max<i16>(v128.add<i16>(ty, i16x8.splat(<i16>(((fy & 0xffff) >> 2) + backY * 16384))), zero);
  const x0 = near(tx);
  const x2 = far(tx);
  const x1 = between(x0, x2);
  const y0 = near(ty);
  const y2 = far(ty);
  const y1 = between(y0, y2);
  const p = src + <usize>(((fy >> 16) - backY) * stride + (fx >> 16) - backX);
  const top = i16x8.q15mulr_sat_s(rowOfThree(p, x0, x1, x2), y0);
  const mid = i16x8.q15mulr_sat_s(rowOfThree(p + <usize>stride, x0, x1, x2), y1);
  const low = i16x8.q15mulr_sat_s(rowOfThree(p + 2 * <usize>stride, x0, x1, x2), y2);
  return v128.add<i16>(v128.add<i16>(top, mid), low);
}

@inline
function sampleEight(src: usize, stride: i32, fx: i32, fy: i32, sx: i32, sy: i32, even: bool, wx: v128, wy: v128): v128 {
  if (even) return sampleEven(src + <usize>((fy >> 16) * stride + (fx >> 16)), stride, wx, wy);
  return sampleCrossing(src, stride, fx, fy, sx, sy);
}

/**
 * Moves one plane by the node displacements and lays it over the backdrop.
 * Cells are 1 << cellBits pixels wide; `nodeShift` halves offsets for chroma. Classes: 0 skip, 1 opaque, 2 with alpha.
 * Planes `out` and `back` have stride `outStride`; `src` and `alpha` are padded by `pad` on every side.
 */
export function warp(
  src: usize,
  alpha: usize,
  srcStride: i32,
  pad: i32,
  out: usize,
  back: usize,
  outStride: i32,
  height: i32,
  nodes: usize,
  classes: usize,
  columns: i32,
  rows: i32,
  cellBits: i32,
  nodeShift: i32,
): void {
  const cell = 1 << cellBits;
  const iota = i16x8(0, 1, 2, 3, 4, 5, 6, 7);
  const full = i16x8.splat(255);
  const half = i16x8.splat(32);
  const nodeStride = <usize>(columns + 1) * 8;
  for (let cy = 0; cy < rows; cy++) {
    for (let cx = 0; cx < columns; cx++) {
      const kind = load<u8>(classes + <usize>(cy * columns + cx));
      if (kind == 0) continue;
      const n0 = nodes + <usize>cy * nodeStride + <usize>cx * 8;
      const n1 = n0 + nodeStride;
      const ax = load<i32>(n0) >> nodeShift;
      const ay = load<i32>(n0, 4) >> nodeShift;
      const bx = load<i32>(n0, 8) >> nodeShift;
      const by = load<i32>(n0, 12) >> nodeShift;
      const dax = ((load<i32>(n1) >> nodeShift) - ax) >> cellBits;
      const day = ((load<i32>(n1, 4) >> nodeShift) - ay) >> cellBits;
      const dbx = ((load<i32>(n1, 8) >> nodeShift) - bx) >> cellBits;
      const dby = ((load<i32>(n1, 12) >> nodeShift) - by) >> cellBits;
      const y0 = cy << cellBits;
      const y1 = min(y0 + cell, height);
      for (let y = y0; y < y1; y++) {
        const k = y - y0;
        const lx = ax + dax * k;
        const ly = ay + day * k;
        const sx = (bx + dbx * k - lx) >> cellBits;
        const sy = (by + dby * k - ly) >> cellBits;
        for (let h = 0; h < cell; h += 8) {
          const x = (cx << cellBits) + h;
          const fx = ((x + pad) << 16) + lx + sx * h;
          const fy = ((y + pad) << 16) + ly + sy * h;
          const even = (fx + 7 * (sx + 65536)) >> 16 == (fx >> 16) + 7 && (fy + 7 * sy) >> 16 == fy >> 16;
          const wx = v128.shr<u16>(v128.add<i16>(i16x8.splat(<i16>fx), v128.mul<i16>(iota, i16x8.splat(<i16>sx))), 1);
          const wy = v128.shr<u16>(v128.add<i16>(i16x8.splat(<i16>fy), v128.mul<i16>(iota, i16x8.splat(<i16>sy))), 1);
          let v = v128.shr<u16>(v128.add<i16>(sampleEight(src, srcStride, fx, fy, sx, sy, even, wx, wy), half), 6);
          const at = <usize>(y * outStride + x);
          if (kind == 2) {
            const a = v128.shr<u16>(v128.add<i16>(sampleEight(alpha, srcStride, fx, fy, sx, sy, even, wx, wy), half), 6);
            let m = v128.mul<i16>(v128.load_ext<u8>(back + at), v128.sub<i16>(full, a));
            m = v128.add<i16>(m, i16x8.splat(128));
            m = v128.shr<u16>(v128.add<i16>(m, v128.shr<u16>(m, 8)), 8);
            v = v128.add<i16>(v, m);
          }
          v128.store_lane<u64>(out + at, i8x16.narrow_i16x8_u(v, v), 0);
        }
      }
    }
  }
}

/** Where the figure stands in a frame. Pure geometry, no pixels. */

/** Position and size of the figure, as clients ask for it. */
export interface Placement {
  /** Shift to the right as a share of the frame width, −1 – 1. */
  readonly left: number;
  /** Shift down as a share of the frame height, 0 – 1. */
  readonly top: number;
  /** Height of the figure's canvas as a share of the frame height, 0 – 5. 0 shows the background only. */
  readonly height: number;
}

/** Canvas pixel (x, y) appears at frame pixel (x · scale + xPx, y · scale + yPx). */
export interface FigureTransform {
  readonly scale: number;
  readonly xPx: number;
  readonly yPx: number;
}

interface FigureSize {
  readonly canvas: { readonly widthPx: number; readonly heightPx: number };
  readonly figure: { readonly leftPx: number; readonly rightPx: number };
}

/**
 * Places a figure: full frame height, centred and standing on the bottom edge by default. The visible figure is never
 * wider than the frame unless the frame is so narrow (portrait) that this would make the person smaller than asked
 * for at height 1; then it may be cropped at the sides as a portrait photograph is. Returns undefined for height 0.
 */
export function placeFigure(
  size: FigureSize,
  frame: { readonly widthPx: number; readonly heightPx: number },
  placement: Placement,
): FigureTransform | undefined {
  const height = clamp(placement.height, 0, 5);
  if (height === 0) return undefined;
  const fullScale = frame.heightPx / size.canvas.heightPx;
  const figureWidthPx = size.figure.rightPx - size.figure.leftPx;
  const widest = Math.max(frame.widthPx / figureWidthPx, fullScale);
  const scale = Math.min(height * fullScale, widest);
  const centrePx = (size.figure.leftPx + size.figure.rightPx) / 2;
  const leftPx = frame.widthPx / 2 - centrePx * scale + clamp(placement.left, -1, 1) * frame.widthPx;
  const topPx = frame.heightPx - size.canvas.heightPx * scale + clamp(placement.top, 0, 1) * frame.heightPx;
  return { scale, xPx: Math.round(leftPx / 2) * 2, yPx: Math.round(topPx / 2) * 2 };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Number.isFinite(value) ? value : low));
}

/** Decodes background pictures. */
import { createCanvas, loadImage } from '@napi-rs/canvas';

const MAX_SIDE_PX = 4096;

/** @throws when the bytes are not a PNG, JPEG or WebP picture. */
export async function decodePicture(
  bytes: Uint8Array,
): Promise<{ rgba: Uint8Array; widthPx: number; heightPx: number }> {
  const image = await loadImage(Buffer.from(bytes));
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(image.width, image.height));
  const widthPx = Math.max(1, Math.round(image.width * scale));
  const heightPx = Math.max(1, Math.round(image.height * scale));
  const context = createCanvas(widthPx, heightPx).getContext('2d');
  context.drawImage(image, 0, 0, widthPx, heightPx);
  return {
    rgba: new Uint8Array(context.getImageData(0, 0, widthPx, heightPx).data.slice().buffer),
    widthPx,
    heightPx,
  };
}

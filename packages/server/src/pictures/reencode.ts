/** Uploaded pictures: looked at before they are decoded, decoded within limits, and kept as WebP. */
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { imageSize } from 'image-size';

/** The message is for the person who uploaded. */
export class PictureError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PictureError';
  }
}

export const MAX_PICTURE_BYTES = 20 * 1024 * 1024;
/** What may be decoded: 50 megapixels are 200 MB of memory. */
const MAX_PIXELS = 50_000_000;
const MAX_SIDE_PX = 3840;
const QUALITY = 90;
const TYPES = ['png', 'jpg', 'webp', 'gif', 'avif', 'bmp'];

export interface Picture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mediaType: 'image/webp';
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * Checks a picture and writes it anew, so that nothing but pixels is kept. Larger ones are scaled down to 3840 pixels.
 * @throws {PictureError} when it is no picture, is broken, or is too large to be decoded.
 */
export async function reencodePicture(bytes: Uint8Array): Promise<Picture> {
  const size = measure(bytes);
  if (size.widthPx * size.heightPx > MAX_PIXELS) {
    throw new PictureError(
      `The picture has ${size.widthPx} × ${size.heightPx} pixels; ${MAX_PIXELS / 1e6} megapixels are the limit. Please scale it down.`,
    );
  }
  let image: Awaited<ReturnType<typeof loadImage>>;
  try {
    image = await loadImage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw new PictureError('The picture cannot be decoded; it may be cut off or damaged.', { cause });
  }
  if (image.width < 1 || image.height < 1) {
    throw new PictureError('The picture cannot be decoded; it may be cut off or damaged.');
  }
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(image.width, image.height));
  const widthPx = Math.max(1, Math.round(image.width * scale));
  const heightPx = Math.max(1, Math.round(image.height * scale));
  const canvas = createCanvas(widthPx, heightPx);
  canvas.getContext('2d').drawImage(image, 0, 0, widthPx, heightPx);
  const encoded = await canvas.encode('webp', QUALITY);
  return { bytes: new Uint8Array(encoded), mediaType: 'image/webp', widthPx, heightPx };
}

function measure(bytes: Uint8Array): { readonly widthPx: number; readonly heightPx: number } {
  let found: ReturnType<typeof imageSize>;
  try {
    found = imageSize(bytes);
  } catch (cause) {
    throw new PictureError('Expected a PNG, JPEG, WebP, GIF or AVIF picture; the file is none of them.', {
      cause,
    });
  }
  if (found.type === undefined || !TYPES.includes(found.type)) {
    throw new PictureError(
      `Expected a PNG, JPEG, WebP, GIF or AVIF picture; a file of type ${found.type ?? 'unknown'} came.`,
    );
  }
  return { widthPx: found.width, heightPx: found.height };
}

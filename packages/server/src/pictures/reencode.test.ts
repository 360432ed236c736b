import { createCanvas, loadImage } from '@napi-rs/canvas';
import { expect, test } from 'vitest';
import { PictureError, reencodePicture } from './reencode.ts';

function draw(widthPx: number, heightPx: number): Buffer {
  const canvas = createCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d');
  context.fillStyle = '#c03020';
  context.fillRect(0, 0, widthPx, heightPx);
  return canvas.toBuffer('image/png');
}

test('a picture is written anew as WebP, larger ones smaller', async () => {
  const picture = await reencodePicture(draw(4000, 1000));
  expect(picture).toMatchObject({ mediaType: 'image/webp', widthPx: 3840, heightPx: 960 });
  const again = await loadImage(Buffer.from(picture.bytes));
  expect([again.width, again.height]).toEqual([3840, 960]);
});

test.each([
  ['nothing', new Uint8Array(0)],
  ['text', new TextEncoder().encode('<html>no picture</html>')],
  [
    'a vector picture with a script',
    new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script/></svg>'),
  ],
  ['a cut-off picture', new Uint8Array(draw(300, 300)).slice(0, 60)],
])('%s is refused with a reason', async (_name, bytes) => {
  await expect(reencodePicture(bytes)).rejects.toBeInstanceOf(PictureError);
});

test('a picture that would need too much memory is refused by its header alone', async () => {
  const bomb = new Uint8Array(draw(10, 10));
  const header = new DataView(bomb.buffer, bomb.byteOffset);
  header.setUint32(16, 60_000);
  header.setUint32(20, 60_000);
  await expect(reencodePicture(bomb)).rejects.toThrow(/60000 × 60000 pixels/);
});

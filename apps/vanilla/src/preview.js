/** Draws where the AI human will stand: the background, and the picture of the model style on it. */

/** How much a pixel of a plain backdrop may differ from its corner, all colours together. */
const BACKDROP_TOLERANCE = 14;

const pictures = new Map();
let latest = 0;

export async function drawPreview(canvas, options) {
  const { width, height, padding_left, padding_top, padding_height, avatarUrl, backgroundUrl } = options;
  latest += 1;
  const drawing = latest;
  const [avatar, background] = await Promise.all([
    loadPicture(avatarUrl, clearBackdrop),
    loadPicture(backgroundUrl),
  ]);
  // Another drawing began while the pictures were on their way.
  if (drawing !== latest) return;

  canvas.width = width / 3;
  canvas.height = height / 3;
  const context = canvas.getContext('2d');
  if (background) {
    const scale = Math.max(canvas.width / background.width, canvas.height / background.height);
    const [w, h] = [background.width * scale, background.height * scale];
    context.drawImage(background, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
  }
  if (avatar && padding_height > 0) {
    // Shares of the canvas: moved from the middle and from the bottom edge, as tall as `padding_height` says.
    const h = canvas.height * padding_height;
    const w = (avatar.width / avatar.height) * h;
    const left = canvas.width * (0.5 + padding_left) - w / 2;
    context.drawImage(avatar, left, canvas.height * (1 + padding_top) - h, w, h);
  }
}

/** Resolves with nothing when there is no picture to be had: a preview can do without. */
function loadPicture(url, change = (image) => image) {
  if (!url) return undefined;
  if (!pictures.has(url))
    pictures.set(
      url,
      fetchPicture(url).then(change, () => undefined),
    );
  return pictures.get(url);
}

async function fetchPicture(url) {
  const image = new Image();
  image.crossOrigin = 'anonymous';
  image.src = url;
  await image.decode();
  return image;
}

/** Some servers send pictures with a plain backdrop: the colour of its first corner becomes transparent. */
function clearBackdrop(image) {
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  const [red, green, blue] = data;
  for (let i = 0; i < data.length; i += 4) {
    const difference = Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue);
    if (difference <= BACKDROP_TOLERANCE) data[i + 3] = 0;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

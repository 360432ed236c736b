/** Draws where the AI human will stand: the background, and the picture of the model style on it. */

/** How much a pixel of a plain backdrop may differ from its corner, all colours together. */
const BACKDROP_TOLERANCE = 14;

export interface PreviewOptions {
  /** Size of the drawing, in the proportions of the picture to come. */
  readonly width: number;
  readonly height: number;
  /** Shares of that size, as a session takes them. */
  readonly left: number;
  readonly top: number;
  readonly scale: number;
  readonly avatarUrl: string | null | undefined;
  readonly backgroundUrl: string | undefined;
}

type Picture = HTMLImageElement | HTMLCanvasElement;

/** Pictures by URL; nothing where there was none to be had, as a preview can do without. */
const pictures = new Map<string, Promise<Picture | undefined>>();
let latest = 0;

export async function drawPreview(canvas: HTMLCanvasElement, options: PreviewOptions): Promise<void> {
  latest += 1;
  const drawing = latest;
  const [avatar, background] = await Promise.all([
    loadPicture(options.avatarUrl, clearBackdrop),
    loadPicture(options.backgroundUrl),
  ]);
  // Another drawing began while the pictures were on their way.
  if (drawing !== latest) return;

  canvas.width = options.width;
  canvas.height = options.height;
  const context = canvas.getContext('2d');
  if (context === null) return;
  if (background !== undefined) {
    const scale = Math.max(canvas.width / background.width, canvas.height / background.height);
    const width = background.width * scale;
    const height = background.height * scale;
    context.drawImage(background, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  }
  if (avatar !== undefined && options.scale > 0) {
    // Moved from the middle and from the bottom edge.
    const height = canvas.height * options.scale;
    const width = (avatar.width / avatar.height) * height;
    const left = canvas.width * (0.5 + options.left) - width / 2;
    context.drawImage(avatar, left, canvas.height * (1 + options.top) - height, width, height);
  }
}

async function loadPicture(
  url: string | null | undefined,
  change: (image: HTMLImageElement) => Picture = (image) => image,
): Promise<Picture | undefined> {
  if (!url) return undefined;
  const loaded = pictures.get(url) ?? fetchPicture(url).then(change, () => undefined);
  pictures.set(url, loaded);
  return loaded;
}

async function fetchPicture(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.crossOrigin = 'anonymous';
  image.src = url;
  await image.decode();
  return image;
}

/** Some servers send pictures with a plain backdrop: the colour of its first corner becomes transparent. */
function clearBackdrop(image: HTMLImageElement): Picture {
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d');
  if (context === null) return image;
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  const difference = (offset: number): number =>
    [0, 1, 2].reduce(
      (sum, channel) => sum + Math.abs((data[offset + channel] ?? 0) - (data[channel] ?? 0)),
      0,
    );
  for (let offset = 4; offset < data.length; offset += 4) {
    if (difference(offset) <= BACKDROP_TOLERANCE) data[offset + 3] = 0;
  }
  data[3] = 0;
  context.putImageData(pixels, 0, 0);
  return canvas;
}

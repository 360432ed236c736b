/** Pictures that browsers load, and files behind signed links. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PlatformError } from '@visavox/contract';
import type { Hono } from 'hono';
import type { Store } from '../store/store.ts';
import {
  backgroundImagePath,
  documentPath,
  modelStylePreviewPath,
  textNormalizationPath,
} from './media-paths.ts';
import type { ModelStyleEntry } from './perso/view.ts';
import type { SignedLinks } from './signed-links.ts';

const PICTURE_TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
};

export function serveMediaFiles(
  app: Hono,
  options: {
    readonly store: Store;
    readonly modelStyles: readonly ModelStyleEntry[];
    readonly links: SignedLinks;
  },
): void {
  const { store, links } = options;

  app.get(backgroundImagePath(':id'), async (context) => {
    const image = await store.backgroundImages.readBlob(context.req.param('id'));
    if (image === undefined) throw new PlatformError('not_found', 'No such background image.');
    return file(context.req.raw, image.bytes, image.mediaType, 'public, max-age=3600');
  });

  app.get(modelStylePreviewPath(':name'), async (context) => {
    const style = options.modelStyles.find(({ name }) => name === context.req.param('name'));
    if (style === undefined) throw new PlatformError('not_found', 'No such model style.');
    const mediaType = PICTURE_TYPES[path.extname(style.previewFile)] ?? 'application/octet-stream';
    return file(context.req.raw, await readFile(style.previewFile), mediaType, 'public, max-age=3600');
  });

  app.get(documentPath(':id'), async (context) => {
    const id = context.req.param('id');
    links.check(documentPath(id), new URL(context.req.url).searchParams);
    const [document, blob] = await Promise.all([store.documents.find(id), store.documents.readBlob(id)]);
    if (document === undefined || blob === undefined) {
      throw new PlatformError('not_found', 'No such document.');
    }
    const response = file(context.req.raw, blob.bytes, blob.mediaType, 'private, max-age=600');
    // Whatever was uploaded is saved, never shown as a page of this origin.
    response.headers.set(
      'Content-Disposition',
      `attachment; filename*=UTF-8''${encodeURIComponent(document.fileName)}`,
    );
    return response;
  });

  app.get(textNormalizationPath(':file'), async (context) => {
    const name = context.req.param('file');
    links.check(textNormalizationPath(name), new URL(context.req.url).searchParams);
    const config = await store.textNormalizationConfigs.find(name.replace(/\.csv$/, ''));
    if (config === undefined) throw new PlatformError('not_found', 'No such rule set.');
    return file(
      context.req.raw,
      new TextEncoder().encode(config.rules),
      'text/csv; charset=utf-8',
      'private, no-cache',
    );
  });
}

/** With an entity tag, so that a client that has the file already is told so. */
function file(request: Request, bytes: Uint8Array, mediaType: string, cacheControl: string): Response {
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;
  const headers = {
    'Content-Type': mediaType,
    'Cache-Control': cacheControl,
    ETag: tag,
    'Content-Security-Policy': "default-src 'none'; sandbox",
  };
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((entry) => entry.trim());
  if (known.some((entry) => entry === tag || entry === `W/${tag}` || entry === '*')) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(new Uint8Array(bytes), { headers });
}

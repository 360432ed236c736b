/** Uploads of the management API: files in multipart forms, or fetched from a public address. */
import { type ErrorCode, PlatformError } from '@visavox/contract';
import { createBackgroundForm, createDocumentForm } from '@visavox/contract/manage';
import {
  DocumentError,
  type DocumentErrorKind,
  MAX_FILE_BYTES,
  recognizeDocument,
} from '../../knowledge/index.ts';
import { ForbiddenAddressError, type GuardedFetch } from '../../outbound/guarded-fetch.ts';
import { MAX_PICTURE_BYTES, PictureError, reencodePicture } from '../../pictures/reencode.ts';
import { readForm, validate } from '../body.ts';

/** What a form has around its file. */
const FORM_OVERHEAD_BYTES = 64 * 1024;
const CODE_OF_KIND: Readonly<Record<DocumentErrorKind, ErrorCode>> = {
  empty: 'blank',
  'too-large': 'payload_too_large',
  unsupported: 'unsupported_media_type',
  unreadable: 'invalid',
};
const FETCH_TIMEOUT_MS = 20_000;

export interface UploadedDocument {
  readonly title: string;
  readonly description: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly file: Uint8Array;
  readonly searchCount?: number;
  readonly efSearch?: number;
}

export async function readDocument(request: Request, outbound: GuardedFetch): Promise<UploadedDocument> {
  const form = await readForm(request, MAX_FILE_BYTES + FORM_OVERHEAD_BYTES);
  const uploaded = form.get('file');
  const { file: _, ...fields } = textFields(form);
  const value = validate(createDocumentForm, fields);
  const source =
    uploaded instanceof File
      ? {
          bytes: new Uint8Array(await uploaded.arrayBuffer()),
          fileName: uploaded.name,
          mediaType: uploaded.type,
        }
      : await fetchDocument(value.url, outbound, request.signal);
  const attr = uploaded instanceof File || value.url === undefined ? 'file' : 'url';
  try {
    recognizeDocument(source);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new PlatformError(CODE_OF_KIND[error.kind], error.message, { attr, cause: error });
  }
  const fileName = cleanFileName(source.fileName);
  return {
    title: value.title === undefined || value.title === '' ? fileName : value.title,
    description: value.description ?? '',
    fileName,
    mediaType: /^[\w.+-]+\/[\w.+-]+/.exec(source.mediaType)?.[0] ?? 'application/octet-stream',
    file: source.bytes,
    ...(value.search_count === undefined ? {} : { searchCount: value.search_count }),
    ...(value.ef_search === undefined ? {} : { efSearch: value.ef_search }),
  };
}

export async function readBackground(request: Request): Promise<{
  readonly title: string;
  readonly mediaType: string;
  readonly image: Uint8Array;
}> {
  const form = await readForm(request, MAX_PICTURE_BYTES + FORM_OVERHEAD_BYTES);
  const uploaded = form.get('image');
  if (!(uploaded instanceof File)) {
    throw new PlatformError('required', 'A picture is required in the form field "image".', {
      attr: 'image',
    });
  }
  const { image: _, ...fields } = textFields(form);
  const { title } = validate(createBackgroundForm.omit({ image: true }), fields);
  try {
    const picture = await reencodePicture(new Uint8Array(await uploaded.arrayBuffer()));
    return {
      title: title === undefined || title === '' ? cleanFileName(uploaded.name) : title,
      mediaType: picture.mediaType,
      image: picture.bytes,
    };
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    throw new PlatformError('invalid', error.message, { attr: 'image', cause: error });
  }
}

async function fetchDocument(url: string | undefined, outbound: GuardedFetch, signal: AbortSignal) {
  if (url === undefined || url === '') {
    throw new PlatformError(
      'required',
      'Send a file in the form field "file", or the address of one in "url".',
      {
        attr: 'file',
      },
    );
  }
  const refuse = (detail: string, cause?: unknown) =>
    new PlatformError('invalid', detail, { attr: 'url', cause });
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw refuse('url must begin with http:// or https://.');
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
  try {
    const response = await outbound.fetch(url, { signal: limit });
    if (!response.ok) throw refuse(`The server of url answered with status ${response.status}.`);
    return {
      bytes: new Uint8Array(await response.arrayBuffer()),
      fileName: decodeURIComponent(new URL(response.url || url).pathname.split('/').at(-1) ?? ''),
      mediaType: response.headers.get('content-type') ?? '',
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PlatformError) throw error;
    throw refuse(
      error instanceof ForbiddenAddressError ? error.message : 'The document could not be fetched from url.',
      error,
    );
  }
}

function textFields(form: FormData): Record<string, string> {
  return Object.fromEntries(
    [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

/** For showing and saving: no folders, no control characters. */
function cleanFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, 200);
  return clean === '' ? 'document' : clean;
}

/** Uploads, and the wait for a document. The plain calls are in resources.test.ts. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Speko, SpekoApiError } from '../index.ts';
import { json, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';

let server: ScriptedServer;
let store: ScriptedServer;
let speko: Speko;
beforeEach(async () => {
  server = await startScriptedServer();
  store = await startScriptedServer();
  speko = new Speko({ apiKey: 'secret', baseUrl: server.url });
});
afterEach(() => Promise.all([server.close(), store.close()]));

const row = (status: string, errorMessage: string | null = null) => ({ id: 'd', status, errorMessage });

function announce(): void {
  const upload = {
    url: `${store.url}/bucket/x?signature=1`,
    method: 'PUT',
    headers: { 'content-type': 'text/markdown', 'x-length-range': '0,50' },
    expiresInSeconds: 600,
  };
  server.answer(json({ document: row('pending'), upload }), json(row('processing')));
  store.answer((response) => response.writeHead(200).end());
}

describe('uploadDocument', () => {
  const padded = Uint8Array.of(0, 35, 32, 72, 0);
  it.each<[string, ArrayBuffer | Uint8Array | Blob]>([
    ['an ArrayBuffer', padded.slice(1, 4).buffer],
    ['a view of a larger buffer', padded.subarray(1, 4)],
    ['a Buffer', Buffer.from('# H')],
    ['a Blob with a type of its own', new Blob(['# H'], { type: 'text/html' })],
  ])('sends the bytes of %s', async (_, data) => {
    announce();
    const metadata = { source: 'test' };
    const params = { filename: 'a.md', contentType: 'text/markdown', data, metadata };
    expect(await speko.knowledgeBases.uploadDocument('k/1', params)).toEqual(row('processing'));

    const [create, finalize] = server.requests;
    expect(create?.target).toBe('/v1/knowledge-bases/k%2F1/documents');
    expect(JSON.parse(String(create?.body))).toStrictEqual({
      ...{ filename: 'a.md', contentType: 'text/markdown', sizeBytes: 3, metadata },
    });
    expect(finalize?.target).toBe('/v1/knowledge-bases/k%2F1/documents/d/finalize');
    expect(String(finalize?.body)).toBe('{}');

    const [put] = store.requests;
    expect(`${put?.method} ${put?.target}`).toBe('PUT /bucket/x?signature=1');
    expect(String(put?.body)).toBe('# H');
    expect(put?.headers['content-type']).toBe('text/markdown');
    expect(put?.headers['x-length-range']).toBe('0,50');
    expect(put?.headers).not.toHaveProperty('authorization');
    expect(String(put?.headers['user-agent'])).not.toContain('spekoai');
  });

  it('adds no content type when the server named none', async () => {
    const upload = { url: store.url, method: 'PUT', headers: {}, expiresInSeconds: 1 };
    server.answer(json({ document: row('pending'), upload }), json(row('processing')));
    store.answer((response) => response.end());
    const data = new Blob(['x'], { type: 'text/html' });
    await speko.knowledgeBases.uploadDocument('k', { filename: 'f', contentType: 'text/plain', data });
    expect(store.requests[0]?.headers).not.toHaveProperty('content-type');
  });

  it('fails when the bytes are refused, and does not finalize', async () => {
    announce();
    store.answer((response) => response.writeHead(403).end('expired'));
    const data = Uint8Array.of(1);
    const params = { filename: 'f', contentType: 'text/plain', data };
    const error = await speko.knowledgeBases.uploadDocument('k', params).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({ status: 403, code: 'DOCUMENT_UPLOAD_FAILED' });
    expect(server.requests).toHaveLength(1);
  });

  it('ends with its signal while the bytes are sent', async () => {
    announce();
    const controller = new AbortController();
    store.answer(() => controller.abort());
    const params = { filename: 'f', contentType: 'text/plain', data: Uint8Array.of(1) };
    const uploading = speko.knowledgeBases.uploadDocument('k', params, controller.signal);
    await expect(uploading).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('pollDocumentReady', () => {
  it('asks until the document is ready', async () => {
    server.answer(json(row('pending')), json(row('processing')), json(row('ready')));
    const ready = await speko.knowledgeBases.pollDocumentReady('k', 'd', { intervalMs: 5 });
    expect(ready).toEqual(row('ready'));
    expect(server.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(
      Array(3).fill('GET /v1/knowledge-bases/k/documents/d'),
    );
  });

  it.each([
    ['no text', 'no text'],
    [null, 'The server could not read the document.'],
  ])('fails with the document: %s', async (errorMessage, message) => {
    server.answer(json(row('failed', errorMessage)));
    const error = await speko.knowledgeBases.pollDocumentReady('k', 'd').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({ status: 500, code: 'DOCUMENT_INGEST_FAILED', message });
  });

  it('gives up at the deadline', async () => {
    server.answer(json(row('processing')));
    const options = { intervalMs: 60_000, timeoutMs: 60 };
    const startedMs = performance.now();
    await expect(speko.knowledgeBases.pollDocumentReady('k', 'd', options)).rejects.toMatchObject({
      name: 'SpekoApiError',
      status: 408,
      code: 'DOCUMENT_INGEST_TIMEOUT',
    });
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(server.requests.length).toBeGreaterThanOrEqual(2);
  });

  it('ends with its signal between two requests', async () => {
    const controller = new AbortController();
    server.answer((response, request) => {
      json(row('processing'))(response, request);
      setTimeout(() => controller.abort(), 50);
    });
    const polling = speko.knowledgeBases.pollDocumentReady('k', 'd', {
      intervalMs: 60_000,
      signal: controller.signal,
    });
    await expect(polling).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.requests).toHaveLength(1);
  });

  it('passes refusals on', async () => {
    server.answer(json({ error: 'not found', code: 'NOT_FOUND' }, 404));
    const polling = speko.knowledgeBases.pollDocumentReady('k', 'd');
    await expect(polling).rejects.toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});

import { expect, it } from 'vitest';
import { createProviders, noRecognizerError, noSynthesizerError } from './all.ts';
import { sendJson, startHttpVendor } from './testing/http-vendor.ts';

const quiet = { info: () => {}, warn: () => {} };

it('creates the built-in providers, after the configured one', async () => {
  const vendor = await startHttpVendor((_request, response) =>
    sendJson(response, { data: [{ id: 'llama3' }] }),
  );
  const providers = await createProviders({
    openai: { baseUrl: vendor.baseUrl },
    dataDir: '/nowhere',
    log: quiet,
    signal: new AbortController().signal,
    detectLocalModels: false,
  });
  try {
    const ids = providers.map(({ id }) => id);
    expect(ids[0]).toBe('openai');
    expect(ids).toContain('flite');
    expect(ids.at(-1)).toBe('stand-in');
    expect(new Set(ids).size).toBe(ids.length);
  } finally {
    await Promise.all([...providers.map((provider) => provider.close()), vendor.close()]);
  }
});

it('leaves out what cannot start and says so', async () => {
  const vendor = await startHttpVendor((_request, response) => sendJson(response, {}, 401));
  const warnings: object[] = [];
  const providers = await createProviders({
    openai: { baseUrl: vendor.baseUrl, apiKey: 'sk-wrong' },
    dataDir: '/nowhere',
    log: { ...quiet, warn: (fields) => warnings.push(fields) },
    signal: new AbortController().signal,
    detectLocalModels: false,
  });
  await Promise.all([...providers.map((provider) => provider.close()), vendor.close()]);
  expect(warnings).toContainEqual(expect.objectContaining({ provider: 'openai', kind: 'auth' }));
  expect(JSON.stringify(warnings)).not.toContain('sk-wrong');
});

it('leaves nothing open when it is aborted', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const starting = createProviders({
    dataDir: '/nowhere',
    log: quiet,
    signal: controller.signal,
    detectLocalModels: false,
  });
  controller.abort(reason);
  await expect(starting).rejects.toBe(reason);
});

it('tells how to get what is missing', () => {
  expect(noRecognizerError('ko')).toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('OPENAI_API_KEY'),
  });
  expect(noSynthesizerError('ko').message).toContain('speech-espeak');
});

import { describe, expect, it } from 'vitest';
import { ApiError } from '../errors.ts';
import { parseJson, resolveApiServer } from './http.ts';

// keeps: sdk-8.2-api-server
describe('resolveApiServer', () => {
  it.each([
    [undefined, 'https://platform.perso.ai'],
    ['', 'https://platform.perso.ai'],
    ['   ', 'https://platform.perso.ai'],
    ['https://a.example', 'https://a.example'],
    [' https://a.example/// ', 'https://a.example'],
    ['https://a.example/base/', 'https://a.example/base'],
  ])('%j', (given, expected) => {
    expect(resolveApiServer(given)).toBe(expected);
  });
});

// keeps: sdk-8.7-api-error
describe('parseJson', () => {
  const failure = async (response: Response): Promise<unknown> => parseJson(response).catch((error) => error);

  it('returns the body of a success', async () => {
    expect(await parseJson(Response.json([{ name: 'a' }]))).toEqual([{ name: 'a' }]);
  });

  it('reports the first error of the list', async () => {
    const errors = [
      { code: 'required', detail: 'Missing', attr: 'prompt' },
      { code: 'other', detail: 'x', attr: null },
    ];
    const error = await failure(Response.json({ errors }, { status: 400 }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ errorCode: 400, code: 'required', detail: 'Missing', attr: 'prompt' });
  });

  it.each([{}, { errors: [] }, { errors: 'x' }, null, { errors: [null] }])('copes with %j', async (body) => {
    expect(await failure(Response.json(body, { status: 502 }))).toMatchObject({
      errorCode: 502,
      code: 'UNKNOWN_ERROR',
      detail: 'Server returned status 502 with no error details',
      attr: null,
      message: '502:Server returned status 502 with no error details',
    });
  });

  it('passes on the parse error of a body that is not JSON', async () => {
    expect(await failure(new Response('<html>', { status: 502 }))).toBeInstanceOf(SyntaxError);
    expect(await failure(new Response(null, { status: 204 }))).toBeInstanceOf(SyntaxError);
  });
});

/** Calls of the Perso and the management API as tests make them: a status that was not meant fails the expectation. */
import { expect } from 'vitest';
import type { RunningServer } from '../src/testing.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

export type PersoClient = Awaited<ReturnType<typeof createPersoClient>>;

export async function createPersoClient(server: RunningServer) {
  const key: Record<string, string> = { 'PersoLive-APIKey': server.apiKey };
  const url = (path: string) => `${server.url}/api/v1/${path}`;
  const get = (path: string, headers: Record<string, string> = key) =>
    fetch(url(path), { headers, redirect: 'error' });
  const read = async (path: string, headers?: Record<string, string>): Promise<Json> => {
    const response = await get(path, headers);
    expect(response.status, path).toBe(200);
    return response.json();
  };
  /** A text is sent as it is. */
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url(path), {
      method: 'POST',
      redirect: 'error',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const create = async (body: unknown, headers: Record<string, string> = key): Promise<Json> => {
    const response = await post('session/', body, headers);
    expect(response.status, await response.clone().text()).toBe(201);
    return response.json();
  };
  const promptId: string = (await read('prompt/'))[0].prompt_id;
  return {
    key,
    /** Of the first prompt. */
    promptId,
    url,
    get,
    read,
    post,
    create,
    /** The id of a session without video. */
    open: async (fields: object = {}): Promise<string> =>
      (await create({ capability: ['LLM', 'TTS', 'STT'], prompt: promptId, ...fields })).session_id,
    event: async (id: string, body: unknown): Promise<Json> => {
      const response = await post(`session/${id}/event/create/`, body);
      expect(response.status).toBe(201);
      return response.json();
    },
    manage: async (method: string, path: string, body: object): Promise<Json> => {
      const response = await fetch(`${server.url}/manage/v1/${path}`, {
        method,
        headers: body instanceof FormData ? key : { ...key, 'Content-Type': 'application/json' },
        body: body instanceof FormData ? body : JSON.stringify(body),
      });
      const text = await response.text();
      expect(response.ok, text).toBe(true);
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

/** Status, code and field of an error. */
export async function errorOf(response: Response): Promise<string> {
  const body: Json = await response.json();
  return `${response.status} ${body.errors[0].code} ${body.errors[0].attr}`;
}

/** The lines of a v1 or v2 answer, checked byte for byte: `data: {…}` and a line feed, nothing before, between or after. */
export async function linesOf(response: Response): Promise<Json[]> {
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(bytes.at(-1)).toBe(0x0a);
  const lines: Json[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const line = bytes.subarray(start, end);
    expect([...line.subarray(0, 7)]).toEqual([...new TextEncoder().encode('data: {')]);
    expect(line.at(-1)).toBe('}'.charCodeAt(0));
    lines.push(JSON.parse(decoder.decode(line.subarray(6))));
    start = end + 1;
  }
  return lines;
}

/** A platform for tests that does what it is told and writes down what it is asked. */
import type { ChatApi, Named, SettingKind } from './api.ts';

export interface FakeApi extends ChatApi {
  /** Calls in order, e.g. `create`, `SESSION_START s1`, `answer s1 Hello`. */
  readonly calls: string[];
  readonly lists: Partial<Record<SettingKind, readonly Named[]>>;
  /** Errors that the next calls of that name fail with, in order. */
  readonly failures: Record<string, unknown[]>;
  readonly sessionState: { status: string; terminationReason: string | undefined };
  /** What calls wait for. */
  gate: Promise<void>;
}

export const named = (...names: readonly string[]): readonly Named[] =>
  names.map((name) => ({ name, displayName: undefined }));

export function createFakeApi(): FakeApi {
  const calls: string[] = [];
  const failures: Record<string, unknown[]> = {};
  let made = 0;
  const fake: FakeApi = {
    calls,
    failures,
    lists: {},
    sessionState: { status: 'IN_PROGRESS', terminationReason: undefined },
    gate: Promise.resolve(),
    server: 'http://server.example',
    list: async (kind) => fake.lists[kind] ?? [],
    createSession: () =>
      doing('create', 'create', () => {
        made++;
        return `s${made}`;
      }),
    sendEvent: (id, event) => doing(event, `${event} ${id}`, () => {}),
    readSession: (id) => doing('read', `read ${id}`, () => fake.sessionState),
    async *answer(id, message) {
      await doing('answer', `answer ${id} ${message}`, () => {});
      yield 'One.';
      await doing('rest', `rest ${id}`, () => {});
      yield ' Two.';
    },
    speak: (id, text) => doing('speak', `speak ${id} ${text}`, () => new Uint8Array([1])),
    transcribe: (id) => doing('transcribe', `transcribe ${id}`, () => 'heard'),
  };
  const doing = async <T>(name: string, call: string, result: () => T): Promise<T> => {
    calls.push(call);
    await fake.gate;
    const failure = failures[name]?.shift();
    if (failure !== undefined) throw failure;
    return result();
  };
  return fake;
}

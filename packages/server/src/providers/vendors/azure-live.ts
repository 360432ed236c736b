/**
 * Live recognition of Azure Speech. Its socket speaks in turns: what is to be recognised is announced, sound follows as
 * an endless WAV file, an empty piece ends it, and `turn.end` says that everything about it was said. Messages carry
 * headers like those of HTTP; the format is known from the vendor's SDK.
 */
import { randomUUID } from 'node:crypto';
import { encodeWav } from '@visavox/audio';
import { z } from 'zod';
import { ProviderError, type ProviderErrorKind, type StreamRecognitionOptions } from '../provider.ts';
import type { LiveEvent, LiveProtocol } from './live-recognition.ts';
import { openVendorSocket, parseAnswer, parseJson, type VendorSocket } from './transport.ts';

const FLUSH = 'flush';
const END = 'end';
/** Longest wait for the end of a turn before the next one begins. */
const TURN_END_MS = 10_000;

interface Turn {
  readonly id: string;
  readonly ended: PromiseWithResolvers<void>;
  /** Its sound is complete. */
  isComplete: boolean;
  isLast: boolean;
  /** Something was said about it since it was complete. */
  isAnswered: boolean;
}

export function azureLiveProtocol(
  options: StreamRecognitionOptions,
  connection: {
    readonly url: URL;
    readonly headers: Readonly<Record<string, string>>;
    readonly timeoutMs: number | undefined;
    readonly what: string;
  },
): LiveProtocol {
  const { what, timeoutMs } = connection;
  const session = randomUUID().replaceAll('-', '').slice(0, 24);
  let turns = 0;
  let turn: Turn | undefined;

  const beginTurn = async (socket: VendorSocket): Promise<Turn> => {
    turns += 1;
    const begun: Turn = {
      id: session + turns.toString(16).padStart(8, '0'),
      ended: Promise.withResolvers<void>(),
      isComplete: false,
      isLast: false,
      isAnswered: false,
    };
    turn = begun;
    await socket.send(textMessage('speech.context', begun.id, contextOf(options.keywords)));
    const header = encodeWav({ samples: new Int16Array(0), sampleRateHz: options.sampleRateHz });
    await socket.send(soundMessage(begun.id, header));
    return begun;
  };
  /** The turn that takes sound. The one before has to be over. */
  const openTurn = async (socket: VendorSocket): Promise<Turn> => {
    if (turn !== undefined && !turn.isComplete) return turn;
    if (turn !== undefined) await endOf(turn, Math.min(timeoutMs ?? TURN_END_MS, TURN_END_MS), what);
    return await beginTurn(socket);
  };

  const send = async (socket: VendorSocket, message: string | Uint8Array): Promise<void> => {
    if (message !== FLUSH && message !== END) {
      if (typeof message === 'string') return await socket.send(message);
      const { id } = await openTurn(socket);
      return await socket.send(soundMessage(id, message));
    }
    const current = await openTurn(socket);
    current.isComplete = true;
    current.isLast = message === END;
    await socket.send(soundMessage(current.id, new Uint8Array(0)));
  };

  const endTurn = (): readonly (LiveEvent | 'end')[] => {
    const over = turn;
    turn = undefined;
    over?.ended.resolve();
    if (over === undefined || !over.isComplete) return [];
    const answer = over.isAnswered ? [] : [{ text: '', isFinal: true, answersFlush: !over.isLast }];
    return over.isLast ? [...answer, 'end'] : answer;
  };

  return {
    what,
    async open(signal) {
      const socket = await openVendorSocket({
        url: connection.url,
        what,
        signal,
        headers: { ...connection.headers, 'x-connectionid': randomUUID().replaceAll('-', '') },
        timeoutMs,
        idleMs: null,
        kindOfClose: (code) =>
          (({ 1002: 'bad-request', 1003: 'bad-request', 1007: 'bad-request', 1008: 'auth' }) as const)[code],
      });
      return { ...socket, send: (message) => send(socket, message) };
    },
    firstMessage: textMessage('speech.config', session.padEnd(32, '0'), {
      context: { system: { name: 'visavox', version: '1.0' }, os: { platform: 'Node' } },
    }),
    pieceMs: { min: 50, max: 200 },
    flushMessage: FLUSH,
    endMessage: END,
    answerMs: timeoutMs,
    read(message) {
      const { path, body } = readTurnMessage(message, what);
      switch (path) {
        case 'speech.hypothesis':
        case 'speech.fragment':
          return [{ text: parseAnswer(HYPOTHESIS, body, what).Text.trim(), isFinal: false }];
        case 'speech.phrase': {
          const { RecognitionStatus: status, DisplayText, NBest } = parseAnswer(PHRASE, body, what);
          if (status !== 'Success') {
            const kind = KINDS_OF_STATUS.get(status);
            if (kind !== undefined) throw new ProviderError(kind, `${what} failed`);
            return [];
          }
          const [best] = NBest ?? [];
          const text = (best?.Display ?? DisplayText ?? '').trim();
          const answersFlush = turn?.isComplete === true && !turn.isLast;
          if (turn?.isComplete) turn.isAnswered = true;
          const confidence = best?.Confidence;
          return [{ text, isFinal: true, answersFlush, ...(confidence === undefined ? {} : { confidence }) }];
        }
        case 'turn.end':
          return endTurn();
        default:
          return [];
      }
    },
  };
}

const HYPOTHESIS = z.object({ Text: z.string() });
const PHRASE = z.object({
  RecognitionStatus: z.string(),
  DisplayText: z.string().nullish(),
  NBest: z.array(z.object({ Display: z.string(), Confidence: z.number() })).nullish(),
});
/** All others tell that there was nothing to understand. */
const KINDS_OF_STATUS: ReadonlyMap<string, ProviderErrorKind> = new Map([
  ['Error', 'unavailable'],
  ['TooManyRequests', 'rate-limited'],
  ['Forbidden', 'auth'],
  ['BadRequest', 'bad-request'],
]);

async function endOf({ ended }: Turn, timeoutMs: number, what: string): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new ProviderError('timeout', `${what} did not end a turn in time`)),
    timeoutMs,
  );
  timer.unref();
  try {
    await Promise.race([ended.promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function contextOf(keywords: readonly string[] = []): object {
  if (keywords.length === 0) return {};
  return { dgi: { Groups: [{ Type: 'Generic', Items: keywords.map((Text) => ({ Text })) }] } };
}

function headersOf(path: string, requestId: string, mediaType: string): string {
  return (
    `Path: ${path}\r\nX-RequestId: ${requestId}\r\n` +
    `X-Timestamp: ${new Date().toISOString()}\r\nContent-Type: ${mediaType}\r\n`
  );
}

function textMessage(path: string, requestId: string, body: object): string {
  return `${headersOf(path, requestId, 'application/json')}\r\n${JSON.stringify(body)}`;
}

/** The length of the headers in two bytes, the headers, the sound. */
function soundMessage(requestId: string, sound: Uint8Array): Uint8Array {
  const headers = new TextEncoder().encode(headersOf('audio', requestId, 'audio/x-wav'));
  const message = new Uint8Array(2 + headers.length + sound.length);
  new DataView(message.buffer).setUint16(0, headers.length);
  message.set(headers, 2);
  message.set(sound, 2 + headers.length);
  return message;
}

function readTurnMessage(
  message: string | Uint8Array,
  what: string,
): { readonly path: string; readonly body: unknown } {
  const text = typeof message === 'string' ? message : '';
  const end = text.indexOf('\r\n\r\n');
  const path = /^path:\s*(\S+)\s*$/im.exec(text.slice(0, Math.max(0, end)))?.[1];
  if (path === undefined) throw new ProviderError('protocol', `expected messages with a path as ${what}`);
  return { path: path.toLowerCase(), body: parseJson(text.slice(end + 4)) };
}

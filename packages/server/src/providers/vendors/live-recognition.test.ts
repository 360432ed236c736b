import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FLUSH } from '../provider.ts';
import { startHttpVendor, type VendorConnection } from '../testing/http-vendor.ts';
import { type LiveEvent, type LiveProtocol, readMessage, recognizeLive } from './live-recognition.ts';
import { openVendorSocket } from './transport.ts';

const what = 'transcription of a vendor';
const clip = { samples: new Int16Array(160).fill(7), sampleRateHz: 16_000 };
const options = { signal: new AbortController().signal, sampleRateHz: 16_000, interimResults: true };

async function withVendor(
  onConnection: (connection: VendorConnection) => void | Promise<void>,
  run: (protocol: LiveProtocol) => Promise<void>,
): Promise<void> {
  const server = await startHttpVendor(() => {}, { onConnection });
  try {
    await run({
      what,
      open: (signal) =>
        openVendorSocket({ url: server.origin.replace(/^http/, 'ws'), what, signal, idleMs: null }),
      endMessage: 'end',
      flushMessage: 'flush',
      read: (message) => {
        const { events } = readMessage(message, what);
        return events as readonly (LiveEvent | 'end')[]; // the script below says nothing else
      },
    });
  } finally {
    await server.close();
  }
}

async function* soundOf(...items: readonly (typeof clip | typeof FLUSH)[]) {
  yield* items;
}

describe('live recognition', () => {
  it('leaves out what says nothing, but for a final that was asked for or takes something back', () =>
    withVendor(
      async (connection) => {
        for await (const message of connection.messages) {
          if (message !== 'end') continue;
          const say = (text: string, isFinal: boolean, answersFlush = false) => ({
            text,
            isFinal,
            answersFlush,
          });
          connection.send({
            events: [
              say('', false),
              say('', true),
              say('he', false),
              say('', true),
              say('', true),
              say('', true, true),
              say('hello', true),
              'end',
              say('never', true),
            ],
          });
        }
      },
      async (protocol) => {
        const events = [];
        for await (const event of recognizeLive(soundOf(clip), protocol, options)) events.push(event);
        expect(events).toEqual([
          { text: 'he', isFinal: false },
          { text: '', isFinal: true },
          { text: '', isFinal: true },
          { text: 'hello', isFinal: true },
        ]);
      },
    ));

  it('keeps the vendor awake while no sound comes, and stops when its reader leaves', async () => {
    const heard: string[] = [];
    await withVendor(
      async (connection) => {
        for await (const message of connection.messages) {
          if (typeof message === 'string') heard.push(message);
          if (heard.length === 3) connection.send({ events: [{ text: 'x', isFinal: true }] });
        }
      },
      async (protocol) => {
        const silent = (async function* () {
          yield clip;
          await new Promise(() => {});
        })();
        const awake = { ...protocol, keepAlive: { message: 'awake', everyMs: 10 } };
        for await (const _ of recognizeLive(silent, awake, options)) break;
        const count = heard.length;
        await delay(50);
        expect(heard.length).toBeLessThanOrEqual(count + 1);
        expect(new Set(heard)).toEqual(new Set(['awake']));
      },
    );
  });

  it('joins and cuts sound to the lengths that the vendor takes, and sends it before a flush', async () => {
    const heard: (string | number)[] = [];
    await withVendor(
      async (connection) => {
        for await (const message of connection.messages) {
          heard.push(typeof message === 'string' ? message : message.length);
          if (message === 'end') connection.close();
        }
      },
      async (protocol) => {
        const long = { samples: new Int16Array(1600), sampleRateHz: 16_000 };
        const cutting = { ...protocol, pieceMs: { min: 20, max: 40 } };
        const sound = soundOf(clip, clip, clip, FLUSH, FLUSH, long, clip);
        for await (const _ of recognizeLive(sound, cutting, options));
        expect(heard).toEqual([640, 640, 'flush', 'flush', 1280, 1280, 640, 640, 'end']);
      },
    );
  });

  it('does not read more sound than a slow vendor takes', async () => {
    let read = 0;
    await withVendor(
      async (connection) => {
        // Reads nothing.
        await connection.closed;
      },
      async (protocol) => {
        const paused = { ...protocol, soundMessage: () => new Uint8Array(1_000_000) };
        const endless = (async function* () {
          while (true) {
            read++;
            yield clip;
          }
        })();
        const controller = new AbortController();
        const stopped = (async () => {
          for await (const _ of recognizeLive(endless, paused, { ...options, signal: controller.signal }));
        })().catch((error: unknown) => error);
        await delay(50);
        controller.abort(new Error('enough'));
        await stopped;
        expect(read).toBeLessThan(5000);
      },
    );
  });
});

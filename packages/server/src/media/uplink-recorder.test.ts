import { expect, test } from 'vitest';
import { createUplinkRecorder } from './uplink-recorder.ts';
import type { WrtcAudioBlock, WrtcAudioSink } from './wrtc-module.ts';

const track = { kind: 'audio', stop: () => {} };

function create() {
  const sinks: (WrtcAudioSink & { stopped: boolean })[] = [];
  const recorder = createUplinkRecorder(() => {
    const sink = {
      ondata: null as WrtcAudioSink['ondata'],
      stopped: false,
      stop() {
        sink.stopped = true;
      },
    };
    sinks.push(sink);
    return sink;
  });
  const hear = (block: WrtcAudioBlock) => sinks.at(-1)?.ondata?.(block);
  return { recorder, sinks, hear };
}

const block = (value: number, count = 480, sampleRate = 48_000): WrtcAudioBlock => ({
  samples: new Int16Array(count).fill(value),
  sampleRate,
});

test('keeps what comes between start and stop', () => {
  const { recorder, sinks, hear } = create();
  recorder.setTrack(track);
  recorder.start();
  hear(block(1));
  hear(block(2));
  const recording = recorder.stop();
  expect(recording?.sampleRateHz).toBe(48_000);
  expect([recording?.samples[0], recording?.samples[480], recording?.samples.length]).toEqual([1, 2, 960]);
  expect(sinks[0]?.stopped).toBe(true);
  expect(recorder.stop()).toBeUndefined();
});

test('two channels become one, and the native memory is not kept', () => {
  const { recorder, hear } = create();
  recorder.setTrack(track);
  recorder.start();
  const samples = Int16Array.of(100, 300, -5, -7);
  hear({ samples, sampleRate: 48_000, channelCount: 2 });
  hear(block(9, 1));
  samples.fill(0);
  expect([...(recorder.stop()?.samples ?? [])]).toEqual([200, -6, 9]);
});

test('a second start forgets the first; two minutes are the limit', () => {
  const { recorder, sinks, hear } = create();
  recorder.setTrack(track);
  recorder.start();
  hear(block(1));
  recorder.start();
  expect(sinks[0]?.stopped).toBe(true);
  for (let second = 0; second < 130; second++) hear(block(2, 48_000));
  expect(recorder.stop()?.samples.length).toBe(120 * 48_000);
});

test('a client without sound gives nothing', () => {
  const { recorder } = create();
  recorder.start();
  expect(recorder.stop()).toBeUndefined();
  recorder.close();
  recorder.close();
});

/** Recording for transcription: start, optional automatic stop, and handing over the file. */

import type { WavRecorder } from '../audio/wav-recorder.ts';

export type Recorder = Pick<WavRecorder, 'start' | 'stop' | 'isRecording'>;

export interface SttRecording {
  /** Starts, unless one is under way. @throws whatever the recorder throws. */
  start(timeoutMs: number | undefined): Promise<void>;
  /** @throws {Error} when there is nothing to stop. */
  stop(): Promise<File>;
  /** Whether a recording is starting, under way or stopping by itself. */
  isUnderWay(): boolean;
  /** Whether a recording is under way, or one that stopped by itself waits to be fetched. */
  isActive(): boolean;
  /** Ends a recording without keeping it. */
  discard(): void;
}

export interface SttRecordingOptions {
  readonly createRecorder: () => Recorder;
  /** Called when the automatic stop failed and nothing was kept. */
  readonly onAutoStopFailure: () => void;
}

export function createSttRecording({ createRecorder, onAutoStopFailure }: SttRecordingOptions): SttRecording {
  let recorder: Recorder | undefined;
  let starting: { cancelled: boolean } | undefined;
  let kept: File | undefined;
  let autoStop: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stopByItself = (active: Recorder): void => {
    autoStop = active.stop().then(
      (file) => {
        kept = file;
        autoStop = undefined;
      },
      () => {
        autoStop = undefined;
        onAutoStopFailure();
      },
    );
  };

  const isBusy = (): boolean => autoStop !== undefined || recorder?.isRecording() === true;

  const throwAway = (): void => {
    clearTimeout(timer);
    kept = undefined;
    if (starting !== undefined) starting.cancelled = true;
    if (recorder?.isRecording()) recorder.stop().catch(() => undefined);
  };

  return {
    async start(timeoutMs) {
      kept = undefined;
      const attempt = { cancelled: false };
      starting = attempt;
      const active = createRecorder();
      recorder = active;
      try {
        await active.start();
      } finally {
        if (starting === attempt) starting = undefined;
      }
      if (attempt.cancelled) {
        active.stop().catch(() => undefined);
        throw new Error('STT recording was stopped');
      }
      if (timeoutMs !== undefined && timeoutMs > 0) timer = setTimeout(() => stopByItself(active), timeoutMs);
    },
    async stop() {
      clearTimeout(timer);
      if (starting !== undefined) starting.cancelled = true;
      await autoStop;
      const file = kept;
      kept = undefined;
      if (file !== undefined) return file;
      if (recorder === undefined) throw new Error('STT recording has not been started');
      if (!recorder.isRecording()) throw new Error('STT recording is not in progress');
      return recorder.stop();
    },
    isUnderWay: () => starting?.cancelled === false || isBusy(),
    isActive: () => kept !== undefined || isBusy(),
    discard: throwAway,
  };
}

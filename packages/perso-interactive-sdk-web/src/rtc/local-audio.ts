/** The audio a page sends in the older voice chat form: its microphone, or silence. */

import { abortable, throwIfAborted } from '../abort.ts';

export interface LocalAudio {
  readonly stream: MediaStream;
  /** Stops the audio. A microphone is stopped only with `includingMicrophone`. */
  release(includingMicrophone: boolean): void;
}

/**
 * The audio of the older form: the microphone, or silence; nothing without `enableVoiceChat`. A microphone that is
 * granted after `signal` has fired is released at once.
 */
export async function acquireLocalAudio(
  enableVoiceChat: boolean | undefined,
  open: (useMicrophone: boolean) => Promise<LocalAudio> = openLocalAudio,
  signal?: AbortSignal,
): Promise<LocalAudio | undefined> {
  if (enableVoiceChat === undefined) return undefined;
  throwIfAborted(signal);
  const opening = open(enableVoiceChat);
  try {
    return await abortable(opening, signal);
  } catch (error) {
    if (signal?.aborted)
      opening.then(
        (audio) => audio.release(true),
        () => undefined,
      );
    throw error;
  }
}

/** @throws {DOMException} when the user refuses the microphone. */
function openLocalAudio(useMicrophone: boolean): Promise<LocalAudio> {
  return useMicrophone ? openMicrophone() : openSilence();
}

async function openMicrophone(): Promise<LocalAudio> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: false });
  return {
    stream,
    release(includingMicrophone) {
      if (includingMicrophone) for (const track of stream.getTracks()) track.stop();
    },
  };
}

async function openSilence(): Promise<LocalAudio> {
  const context = new AudioContext();
  const oscillator = context.createOscillator();
  oscillator.frequency.value = 0;
  const destination = context.createMediaStreamDestination();
  oscillator.connect(destination);
  oscillator.start();
  return {
    stream: destination.stream,
    release() {
      if (context.state === 'closed') return;
      oscillator.stop();
      context.close().catch(() => undefined);
    },
  };
}

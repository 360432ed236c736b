/**
 * Measures what arrives in the page: loudness of the received sound and change of the received picture, sampled
 * together. Installed into the page as `window.measure`.
 */
import type { Page } from 'playwright-core';

export interface Sample {
  /** Milliseconds of `performance.now()` in the page. */
  readonly atMs: number;
  /** Root mean square of the last 21 ms of sound, 0 – 1. */
  readonly loudness: number;
  /** Mean absolute change of luminance in the mouth region since the sample before, 0 – 255. */
  readonly mouthMotion: number;
  /** Mean luminance of the mouth's dark inside region, 0 – 255. */
  readonly mouthLight: number;
  /** Mean luminance of the whole picture, 0 – 255. */
  readonly light: number;
}

/** Where the mouth is in the picture, in parts of its width and height. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The mouth of `yuri-front_natural` in default placement, in a picture of 9:16 or wider, around the middle. */
export const MOUTH: Region = { x: 0.42, y: 0.42, width: 0.16, height: 0.12 };

/** Starts sampling the first video element of the page at every painted frame. */
export async function startMeasuring(page: Page, region: Region): Promise<void> {
  await page.evaluate((mouth) => {
    const video = document.querySelector('video');
    if (video === null || !(video.srcObject instanceof MediaStream))
      throw new Error('No video with a stream here.');
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(video.srcObject).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    const canvas = new OffscreenCanvas(96, 64);
    const drawing = canvas.getContext('2d', { willReadFrequently: true });
    if (drawing === null) throw new Error('No canvas here.');
    const samples: Sample[] = [];
    let before: Float32Array | undefined;
    let active = true;
    const luminance = (data: Uint8ClampedArray): Float32Array =>
      Float32Array.from({ length: data.length / 4 }, (_, index) => {
        const at = index * 4;
        return 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
      });
    const onFrame = () => {
      if (!active) return;
      analyser.getFloatTimeDomainData(wave);
      const loudness = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
      const { videoWidth: width, videoHeight: height } = video;
      drawing.drawImage(
        video,
        mouth.x * width,
        mouth.y * height,
        mouth.width * width,
        mouth.height * height,
        0,
        0,
        96,
        64,
      );
      const now = luminance(drawing.getImageData(0, 0, 96, 64).data);
      let mouthMotion = 0;
      if (before !== undefined) {
        for (const [index, value] of now.entries()) mouthMotion += Math.abs(value - (before[index] ?? value));
        mouthMotion /= now.length;
      }
      before = now;
      const mouthLight = now.reduce((sum, value) => sum + value, 0) / now.length;
      drawing.drawImage(video, 0, 0, 96, 64);
      const whole = luminance(drawing.getImageData(0, 0, 96, 64).data);
      samples.push({
        atMs: performance.now(),
        loudness,
        mouthMotion,
        mouthLight,
        light: whole.reduce((sum, value) => sum + value, 0) / whole.length,
      });
      if (samples.length > 60_000) samples.splice(0, 10_000);
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    Object.assign(window, {
      measure: {
        samples,
        stop: () => {
          active = false;
          void context.close();
        },
      },
    });
  }, region);
}

/** The samples so far. */
export async function readSamples(page: Page): Promise<readonly Sample[]> {
  return page.evaluate(() => {
    const { measure } = window as unknown as { measure: { samples: Sample[] } }; // set by startMeasuring
    return measure.samples;
  });
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

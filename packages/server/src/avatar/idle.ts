/**
 * The idle loop: 24 seconds of breathing, blinking, small head motion and gaze that repeat without a seam. The same for
 * everybody, so that a transport may encode it once.
 */
import { type Pose, REST_POSE } from './pose.ts';

const FRAMES_PER_SECOND = 25;
const LOOP_SECONDS = 24;

/** Frames of the idle loop, at 25 a second. */
export const IDLE_LOOP_FRAMES = FRAMES_PER_SECOND * LOOP_SECONDS;

/** Seconds at which a blink begins: irregular, 2 to 6 s apart, one double. */
const BLINKS_SECONDS = [1.7, 5.9, 9.2, 9.55, 14.1, 17.0, 21.6];
const BLINK_CLOSE_SECONDS = 0.09;
const BLINK_SHUT_SECONDS = 0.04;
const BLINK_OPEN_SECONDS = 0.17;

/** Where the eyes rest: from a second on, degrees right and down. The last equals the first across the seam. */
const FIXATIONS = [
  { fromSeconds: 0, xDeg: 0, yDeg: 0 },
  { fromSeconds: 2.6, xDeg: 0.7, yDeg: 0.2 },
  { fromSeconds: 4.3, xDeg: -0.3, yDeg: 0 },
  { fromSeconds: 6.0, xDeg: 0, yDeg: 0.3 },
  { fromSeconds: 8.1, xDeg: 4.2, yDeg: 1.2 },
  { fromSeconds: 9.3, xDeg: 0.2, yDeg: 0 },
  { fromSeconds: 11.8, xDeg: -0.6, yDeg: -0.2 },
  { fromSeconds: 14.15, xDeg: 0.1, yDeg: 0.1 },
  { fromSeconds: 16.2, xDeg: -3.6, yDeg: 0.6 },
  { fromSeconds: 17.1, xDeg: 0, yDeg: 0 },
  { fromSeconds: 19.4, xDeg: 0.5, yDeg: -0.3 },
  { fromSeconds: 21.7, xDeg: 0, yDeg: 0 },
] as const;
const SACCADE_SECONDS = 0.06;

/** The pose of a frame of the loop; any integer index, taken modulo the loop. */
export function idlePose(frameIndex: number): Pose {
  const index = ((frameIndex % IDLE_LOOP_FRAMES) + IDLE_LOOP_FRAMES) % IDLE_LOOP_FRAMES;
  const seconds = index / FRAMES_PER_SECOND;
  // Whole numbers of cycles in the loop keep the seam closed.
  const wave = (cycles: number, phase: number) =>
    Math.sin((2 * Math.PI * cycles * seconds) / LOOP_SECONDS + phase);
  const { xDeg, yDeg } = gazeAt(seconds);
  return {
    ...REST_POSE,
    yawDeg: 0.75 * wave(2, 0) + 0.35 * wave(5, 1.1) + 0.14 * wave(9, 0.4) + 0.06 * xDeg,
    pitchDeg: 0.4 * wave(3, 2) + 0.2 * wave(7, 0.3) + 0.1 * wave(11, 1.9),
    rollDeg: 0.38 * wave(2, 0.9) + 0.18 * wave(5, 2.4),
    breath: 0.5 - 0.5 * Math.cos((2 * Math.PI * 6 * seconds) / LOOP_SECONDS),
    browRaise: 0.06 * Math.max(0, wave(3, 0.5)),
    smile: 0.08 + 0.08 * wave(1, 0.2),
    gazeXDeg: xDeg - 0.5 * (0.75 * wave(2, 0) + 0.35 * wave(5, 1.1)),
    gazeYDeg: yDeg - 0.4 * wave(3, 2) * 0.5,
    lidClosure: Math.min(1, blinkAt(seconds) + 0.03 * Math.max(0, yDeg)),
  };
}

function blinkAt(seconds: number): number {
  let closure = 0;
  for (const begin of BLINKS_SECONDS) {
    const passed = seconds - begin;
    if (passed < 0) continue;
    const open = passed - BLINK_CLOSE_SECONDS - BLINK_SHUT_SECONDS;
    if (passed < BLINK_CLOSE_SECONDS) closure = Math.max(closure, smooth(passed / BLINK_CLOSE_SECONDS));
    else if (open < 0) closure = 1;
    else if (open < BLINK_OPEN_SECONDS) closure = Math.max(closure, 1 - smooth(open / BLINK_OPEN_SECONDS));
  }
  return closure;
}

function gazeAt(seconds: number): { xDeg: number; yDeg: number } {
  let index = FIXATIONS.length - 1;
  while (index > 0 && (FIXATIONS[index]?.fromSeconds ?? 0) > seconds) index -= 1;
  const now = FIXATIONS[index] ?? FIXATIONS[0];
  const before = FIXATIONS[index - 1] ?? now;
  const share = smooth(Math.min(1, (seconds - now.fromSeconds) / SACCADE_SECONDS));
  return {
    xDeg: before.xDeg + (now.xDeg - before.xDeg) * share,
    yDeg: before.yDeg + (now.yDeg - before.yDeg) * share,
  };
}

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

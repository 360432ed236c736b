/** What happens on the way to a connected session, told to pages that measure it. */

import { callGuarded } from './listeners.ts';

/**
 * A step on the way to a connected session, in the order in which they usually come:
 *
 * - `session-info`: what the session can do is known.
 * - `ice-servers`: the ways to reach the server are known.
 * - `offer`: the browser has made its offer.
 * - `answer`: the server has answered it.
 * - `stream`: the stream of picture and sound is known.
 * - `channel-open`: commands can be sent.
 * - `connected`: the session can be used.
 * - `first-frame`: the first picture has been decoded; may come after `createSession` has resolved.
 */
export type MilestoneName =
  | 'session-info'
  | 'ice-servers'
  | 'offer'
  | 'answer'
  | 'stream'
  | 'channel-open'
  | 'connected'
  | 'first-frame';

/** A step, and when it was reached. */
export interface Milestone {
  readonly name: MilestoneName;
  /** Milliseconds since `createSession` was called. */
  readonly atMs: number;
}

export type Mark = (name: MilestoneName) => void;

/** What notes a step; `undefined` when nobody wants to know. */
export function createMark(onMilestone: ((milestone: Milestone) => void) | undefined): Mark | undefined {
  if (onMilestone === undefined) return undefined;
  const startMs = performance.now();
  return (name) => {
    const atMs = performance.now() - startMs;
    callGuarded(() => onMilestone({ name, atMs }));
  };
}

const FIRST_FRAME_POLL_MS = 50;

/** Notes the first picture of `link`, unless the link ends before. */
export async function watchFirstFrame(
  link: { readonly closed: boolean; hasPicture(): Promise<boolean> },
  mark: Mark,
): Promise<void> {
  while (!link.closed) {
    if (await link.hasPicture()) return mark('first-frame');
    await new Promise((resolve) => setTimeout(resolve, FIRST_FRAME_POLL_MS));
  }
}

/**
 * Paced playout: one clock for all links of a process. Every 10 ms it asks each source for a block of sound, every
 * fourth block for a picture, by an absolute schedule: a late tick catches up on sound and skips pictures, so nothing
 * drifts. Nothing here may take longer than a few milliseconds.
 */

export const AUDIO_BLOCK_MS = 10;
export const FRAME_INTERVAL_MS = 40;
const BLOCKS_PER_FRAME = FRAME_INTERVAL_MS / AUDIO_BLOCK_MS;
/** After a longer stall (a suspended machine) the schedule starts anew instead of catching up. */
const MAX_CATCH_UP_MS = 500;
/** A picture later than this counts as late. */
const LATE_FRAME_MS = 20;

export interface PlayoutSource {
  /** Plays the block that begins at `mediaMs`. */
  playAudio(mediaMs: number): void;
  /** Shows the picture of `mediaMs`. */
  showPicture(mediaMs: number): void;
}

export interface PlayoutStats {
  readonly frames: number;
  /** Pictures shown more than 20 ms after their time, or skipped to catch up. */
  readonly lateFrames: number;
  /** Times the schedule had to start anew. */
  readonly restarts: number;
}

export interface Playout {
  /** Media time starts at 0 now. Returns the function that takes the source out. */
  add(source: PlayoutSource): () => void;
  stats(): PlayoutStats;
  close(): void;
}

export interface PlayoutClock {
  /** Monotonic milliseconds. */
  now(): number;
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

interface Track {
  readonly source: PlayoutSource;
  /** Which of the four blocks of a frame interval brings this source's picture: spreads the work of many links. */
  readonly phase: number;
  blocksPlayed: number;
  pictureDue: number | undefined;
}

export function createPlayout(options: {
  readonly clock: PlayoutClock;
  /** A source that throws is taken out; the others play on. */
  readonly onSourceError: (error: unknown, source: PlayoutSource) => void;
}): Playout {
  const { clock } = options;
  const tracks = new Set<Track>();
  let timer: unknown;
  let nextTickMs = 0;
  let added = 0;
  let frames = 0;
  let lateFrames = 0;
  let restarts = 0;
  let closed = false;

  const guard = (track: Track, action: () => void): void => {
    try {
      action();
    } catch (error) {
      tracks.delete(track);
      options.onSourceError(error, track.source);
    }
  };

  const tick = (): void => {
    const now = clock.now();
    if (now - nextTickMs > MAX_CATCH_UP_MS) {
      nextTickMs = now;
      restarts += 1;
    }
    let pictureDueMs = now;
    while (nextTickMs <= now) {
      for (const track of tracks) {
        const mediaMs = track.blocksPlayed * AUDIO_BLOCK_MS;
        guard(track, () => track.source.playAudio(mediaMs));
        if (track.blocksPlayed % BLOCKS_PER_FRAME === track.phase) {
          if (track.pictureDue !== undefined) {
            frames += 1;
            lateFrames += 1;
          }
          track.pictureDue = mediaMs;
          pictureDueMs = nextTickMs;
        }
        track.blocksPlayed += 1;
      }
      nextTickMs += AUDIO_BLOCK_MS;
    }
    for (const track of tracks) {
      const mediaMs = track.pictureDue;
      if (mediaMs === undefined) continue;
      track.pictureDue = undefined;
      guard(track, () => track.source.showPicture(mediaMs));
      frames += 1;
      if (clock.now() - pictureDueMs > LATE_FRAME_MS) lateFrames += 1;
    }
    schedule();
  };

  const schedule = (): void => {
    timer = undefined;
    if (closed || tracks.size === 0) return;
    timer = clock.setTimer(tick, Math.max(0, nextTickMs - clock.now()));
  };

  return {
    add(source) {
      if (closed) throw new Error('The playout is closed.');
      const track: Track = {
        source,
        phase: added++ % BLOCKS_PER_FRAME,
        blocksPlayed: 0,
        pictureDue: undefined,
      };
      tracks.add(track);
      if (timer === undefined) {
        nextTickMs = clock.now();
        schedule();
      }
      return () => {
        tracks.delete(track);
        if (tracks.size === 0 && timer !== undefined) {
          clock.clearTimer(timer);
          timer = undefined;
        }
      };
    },
    stats: () => ({ frames, lateFrames, restarts }),
    close() {
      closed = true;
      tracks.clear();
      if (timer !== undefined) clock.clearTimer(timer);
      timer = undefined;
    },
  };
}

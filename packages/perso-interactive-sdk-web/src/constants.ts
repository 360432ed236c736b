/** Fixed values of the Perso Interactive contract, with their units in the names. */

/** API server used when no `apiServer` is given: `https://platform.perso.ai`. */
export const DEFAULT_API_SERVER = 'https://platform.perso.ai';

/** Sample rate, in hertz, of speech recorded for transcription and of resampled speech: 16 000. */
export const TTS_TARGET_SAMPLE_RATE = 16_000;

export const READINESS_POLL_MS = 100;
export const READINESS_POLLS = 50;

export const PING_INTERVAL_MS = 1_000;
/** Added to the silence limit once, so that a slow first connection is not taken for a dead one. */
export const PING_GRACE_MS = 3_000;
export const PING_SILENCE_LIMIT_MS = 30_000;

/** Time ICE gets to find its way back by itself, before a recoverable connection is replaced. */
export const ICE_GRACE_MS = 2_000;
/** Pauses before the attempts to replace a lost connection; the last one repeats. */
export const RECOVERY_PAUSES_MS: readonly number[] = [0, 500, 1_000, 2_000, 4_000];
/** Longest time one attempt may take. */
export const RECOVERY_ATTEMPT_LIMIT_MS = 10_000;
/** Longest time a server can ask for recovery to go on. */
export const RECOVERY_WINDOW_LIMIT_MS = 600_000;
/** Commands kept while a connection is being replaced. */
export const MAX_HELD_COMMANDS = 100;

export const HEARTBEAT_INTERVAL_MS = 10_000;

export const FILE_CHUNK_BYTES = 65_536;
export const FILE_BUFFER_HIGH_BYTES = 524_288;
export const FILE_BUFFER_LOW_BYTES = 262_144;
export const FILE_TRANSFER_LIMIT_MS = 30_000;

/** Time added to the first utterance of a run of speech, before speech counts as over. */
export const SPEAKING_SLACK_FIRST_MS = 2_000;
/** Time added to each utterance that joins a run of speech. */
export const SPEAKING_SLACK_NEXT_MS = 1_000;

export const MAX_TOOL_ROUNDS = 10;

/**
 * One session while it lives: its state machine, its timers, its media and what it says. Every change is written to
 * the store in order; reads come from here, so a reason is visible before the peer notices the end.
 */
import { randomUUID } from 'node:crypto';
import type { PcmClip } from '@visavox/audio';
import {
  type ClientPacket,
  PlatformError,
  type SessionEventName,
  type TerminationReason,
} from '@visavox/contract';
import type { MediaPool, MediaSession } from '../media/pool.ts';
import type { MediaEnd, Scene } from '../media/protocol.ts';
import type { SessionEventRow, SessionRow, Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { createSpeaker, type Speaker, type SpeakerOptions } from '../turns/speak.ts';

/** Three missed beats of a client without WebRTC, or of one whose peer has not connected yet. */
const HEARTBEAT_WINDOW_MS = 30_000;
const MAX_FILES = 16;
const MAX_FILE_BYTES_KEPT = 64 * 1024 * 1024;

const REASON_OF_MEDIA_END: Readonly<Record<MediaEnd, TerminationReason>> = {
  left: 'GRACEFUL_TERMINATION',
  lost: 'SESSION_LOST_AFTER_CONNECTION',
  failed: 'SESSION_MISC_ERROR',
  crashed: 'SESSION_MISC_ERROR',
};

export interface LiveSessionOptions {
  readonly row: SessionRow;
  readonly store: Store;
  readonly media: MediaPool;
  readonly log: Log;
  readonly startWindowMs: number;
  readonly now: () => Date;
  readonly synthesize: SpeakerOptions['synthesize'];
  readonly splitSentences: SpeakerOptions['splitSentences'];
  readonly analyse: SpeakerOptions['analyse'];
  readonly decodeAudio: (bytes: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<PcmClip>;
  /** Called once, after the last write. */
  readonly onEnded: () => void;
}

export interface RecordedEvent extends SessionEventRow {
  readonly terminate: boolean;
  readonly terminateReason: string | null;
}

export class LiveSession {
  readonly #options: LiveSessionOptions;
  readonly #ending = new AbortController();
  readonly #files = new Map<string, Uint8Array>();
  #row: SessionRow;
  #writes: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #media: MediaSession | undefined;
  #speaker: Speaker | undefined;
  #exchanging = false;
  #isConnected = false;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.#row = options.row;
    this.#setTimer(options.startWindowMs, 'SESSION_EXPIRED_BEFORE_CONNECTION');
  }

  get row(): SessionRow {
    return this.#row;
  }

  /** Aborts when the session ends: work for it (an answer being streamed) should stop. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Resolves when everything that was changed is stored. */
  async stored(): Promise<void> {
    await this.#writes;
  }

  async exchange(
    offerSdp: string,
    scene: Scene,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<string> {
    this.#requireOpen();
    if (this.#row.status !== 'CREATED' || this.#exchanging) {
      throw new PlatformError(
        'invalid_session_state',
        `The session is ${this.#exchanging ? 'being connected' : this.#row.status}; an offer is accepted once, while it is CREATED.`,
      );
    }
    this.#exchanging = true;
    try {
      const { answerSdp, session } = await this.#options.media.open(
        { sessionId: this.#row.id, offerSdp, scene },
        {
          onConnected: () => this.#connected(),
          onPacket: (packet) => this.#handlePacket(packet),
          onFile: (fileRef, bytes) => this.#keepFile(fileRef, bytes),
          onUtteranceStarted: () => {},
          onUtteranceFinished: (utteranceId) => this.#speaker?.utteranceFinished(utteranceId),
          onClosed: (reason) => void this.end(REASON_OF_MEDIA_END[reason]),
        },
        { signal: AbortSignal.any([signal, this.#ending.signal]) },
      );
      // The session may have ended, or the client left, while the answer was made.
      if (this.row.status === 'TERMINATED' || signal.aborted) session.close();
      this.#requireOpen();
      signal.throwIfAborted();
      this.#media = session;
      this.#speaker = createSpeaker({
        output: session,
        synthesize: this.#options.synthesize,
        splitSentences: this.#options.splitSentences,
        analyse: this.#options.analyse,
        onFailure: (error) =>
          this.#options.log.warn({ err: error, sessionId: this.#row.id }, 'an utterance could not be spoken'),
      });
      const isCreated = this.row.status === 'CREATED';
      this.#change({
        ...(isCreated ? { status: 'EXCHANGED' } : {}),
        clientSdp: offerSdp,
        serverSdp: answerSdp,
      });
      return answerSdp;
    } finally {
      this.#exchanging = false;
    }
  }

  async recordEvent(event: SessionEventName, detail: string): Promise<RecordedEvent> {
    this.#requireOpen();
    const row: SessionEventRow = {
      id: randomUUID(),
      sessionId: this.#row.id,
      event,
      detail,
      createdAt: this.#options.now(),
    };
    this.#write(() => this.#options.store.insertSessionEvent(row));
    if (event === 'SESSION_START' && this.#row.status !== 'IN_PROGRESS') this.#begin();
    if (!this.#isConnected && this.#row.status === 'IN_PROGRESS') {
      this.#setTimer(HEARTBEAT_WINDOW_MS, 'SESSION_LOST_AFTER_CONNECTION');
    }
    const reason: TerminationReason | null =
      event === 'SESSION_END'
        ? 'GRACEFUL_TERMINATION'
        : event === 'SESSION_ERROR'
          ? 'SESSION_MISC_ERROR'
          : null;
    if (reason !== null) await this.end(reason);
    await this.stored();
    return { ...row, terminate: reason !== null, terminateReason: reason };
  }

  /** Stores the reason, then tears the media down. Idempotent: the first reason stays. */
  async end(reason: TerminationReason): Promise<void> {
    if (this.#row.status !== 'TERMINATED') {
      clearTimeout(this.#timer);
      this.#change({ status: 'TERMINATED', terminationReason: reason, endedAt: this.#options.now() });
      await this.#writes;
      this.#ending.abort(new PlatformError('session_terminated', `The session has ended (${reason}).`));
      this.#speaker?.close();
      this.#media?.close();
      this.#files.clear();
      this.#options.onEnded();
    }
    await this.#writes;
  }

  #requireOpen(): void {
    if (this.#row.status !== 'TERMINATED') return;
    throw new PlatformError(
      'session_terminated',
      `The session has ended (${this.#row.terminationReason}). Please create a new one.`,
    );
  }

  #connected(): void {
    if (this.#row.status === 'TERMINATED') return;
    this.#isConnected = true;
    clearTimeout(this.#timer);
    if (this.#row.status !== 'IN_PROGRESS') this.#begin();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#change({ status: 'IN_PROGRESS', startedAt: this.#options.now() });
  }

  #setTimer(delayMs: number, reason: TerminationReason): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.end(reason), delayMs);
    this.#timer.unref();
  }

  #change(changes: Partial<SessionRow>): void {
    this.#row = { ...this.#row, ...changes };
    this.#write(() => this.#options.store.updateSession(this.#row.id, changes));
  }

  #write(action: () => Promise<void>): void {
    this.#writes = this.#writes.then(action).catch((error: unknown) => {
      this.#options.log.error(
        { err: error, sessionId: this.#row.id },
        'a session change could not be stored',
      );
    });
  }

  #handlePacket(packet: ClientPacket): void {
    const speaker = this.#speaker;
    const media = this.#media;
    if (speaker === undefined || media === undefined) return;
    switch (packet.type) {
      case 'ttstf':
        speaker.say(packet.data.message);
        return;
      case 'stf':
        speaker.play({
          name: packet.data.file_ref,
          message: packet.data.message,
          announceStf: !this.#row.legacyClient,
          load: async ({ signal }) => {
            const bytes = this.#files.get(packet.data.file_ref);
            if (bytes === undefined || bytes.length === 0) return undefined;
            return this.#options.decodeAudio(bytes, { signal });
          },
        });
        return;
      case 'clear-buffer':
        speaker.clear();
        media.clear();
        return;
      case 'record-end-stt':
        // There is no uplink sound in this session.
        media.send({ type: 'stt-error', data: { code: 400 } });
        return;
      case 'record-start':
      case 'ping':
      case 'change-size':
        return;
    }
  }

  /** Keeps the latest uploads; the oldest make room. */
  #keepFile(fileRef: string, bytes: Uint8Array): void {
    this.#files.set(fileRef, bytes);
    let total = 0;
    for (const file of this.#files.values()) total += file.length;
    for (const [oldest, file] of this.#files) {
      if (this.#files.size <= MAX_FILES && total <= MAX_FILE_BYTES_KEPT) break;
      if (oldest === fileRef) break;
      this.#files.delete(oldest);
      total -= file.length;
    }
  }
}

/**
 * One session while it lives: its state machine, its timers and its media. Every change is written to the store in
 * order; reads come from here, so a reason is visible before the peer notices the end.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { PcmClip } from '@visavox/audio';
import { PlatformError, type SessionEventName, type TerminationReason } from '@visavox/contract';
import type { MediaPool, MediaSession } from '../media/pool.ts';
import type { MediaEnd, Scene } from '../media/protocol.ts';
import type { SessionEventRow, SessionRow, Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import type { Toolbox } from '../tools/mcp.ts';
import { createSpeaker, type Speaker, type SpeakerOptions } from '../turns/speak.ts';
import { type Commands, createCommands } from './commands.ts';
import { type Conversation, type ConversationOptions, createConversation } from './conversation.ts';
import { createFileShelf } from './file-shelf.ts';
import { QUOTA_DETAILS, type Quotas } from './quotas.ts';
import type { SessionSpeech } from './speech.ts';

/** A peer that left in order may be one that is being replaced; its successor comes within moments. */
const REPLACEMENT_WINDOW_MS = 3000;
const RECORD_AFTER_MS = 5;

const REASON_OF_MEDIA_END: Readonly<Record<MediaEnd, TerminationReason>> = {
  left: 'GRACEFUL_TERMINATION',
  lost: 'SESSION_LOST_AFTER_CONNECTION',
  failed: 'SESSION_MISC_ERROR',
  crashed: 'SESSION_MISC_ERROR',
};

/** How long things may take, in milliseconds. */
export interface SessionTimes {
  /** From creation to a connection. */
  readonly startWindowMs: number;
  /** Between two heartbeats of a client without WebRTC. */
  readonly heartbeatMs: number;
  /** From a lost connection to a new offer, for clients that can recover. */
  readonly recoveryWindowMs: number;
  /** Without any call or command; 0 means for ever. */
  readonly idleMs: number;
}

export interface LiveSessionOptions {
  readonly row: SessionRow;
  readonly store: Store;
  readonly media: MediaPool;
  readonly log: Log;
  readonly times: SessionTimes;
  readonly now: () => Date;
  readonly quotas: Quotas;
  readonly speech: SessionSpeech;
  readonly toolbox: Toolbox;
  readonly conversation: Pick<ConversationOptions, 'catalogue' | 'searchPassages'>;
  readonly analyse: SpeakerOptions['analyse'];
  readonly decodeAudio: (bytes: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<PcmClip>;
  /** The name of the style that a wish for another model or outfit means; undefined for none. */
  readonly findModelStyle: (
    current: string | null,
    wish: { readonly model?: string; readonly dress?: string },
  ) => string | undefined;
  readonly loadScene: (row: SessionRow) => Promise<Scene>;
  /** Called once, after the last write. */
  readonly onEnded: () => void;
}

export interface ExchangeOptions {
  /** The client can come back with a new offer when the connection is lost. */
  readonly recoverable?: boolean | undefined;
  /** This offer replaces the connection. */
  readonly recover?: boolean | undefined;
  readonly signal: AbortSignal;
}

export interface RecordedEvent extends SessionEventRow {
  readonly terminate: boolean;
  readonly terminateReason: string | null;
}

interface Connection {
  readonly media: MediaSession;
  readonly speaker: Speaker;
  readonly commands: Commands;
}

export class LiveSession {
  readonly speech: SessionSpeech;
  readonly conversation: Conversation;
  readonly #options: LiveSessionOptions;
  readonly #ending = new AbortController();
  readonly #files = createFileShelf();
  #row: SessionRow;
  #writes: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #lastActiveMs: number;
  #connection: Connection | undefined;
  #connections = 0;
  #exchanging = false;
  #wasConnected = false;
  #isRecoverable = false;
  /** Since when nobody is connected who was; the session ends as of then when nobody comes back. */
  #lostAt: Date | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.#row = options.row;
    this.speech = options.speech;
    this.conversation = createConversation({
      ...options.conversation,
      row: options.row,
      store: options.store,
      toolbox: options.toolbox,
      log: options.log,
      now: options.now,
      recordTurn: (turn) =>
        this.#write(async () => {
          // The embedded database works on this thread: what is left of the answer goes out first.
          await delay(RECORD_AFTER_MS);
          await options.store.sessions.insertTurn(turn);
        }),
    });
    this.#lastActiveMs = performance.now();
    this.#setTimer(options.times.startWindowMs, 'SESSION_EXPIRED_BEFORE_CONNECTION');
    this.#watchIdle();
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

  /** Somebody uses the session. */
  touch(): void {
    this.#lastActiveMs = performance.now();
  }

  /** Answers an offer: the first one, or one that replaces a connection that a client can recover. */
  async exchange(offerSdp: string, options: ExchangeOptions): Promise<string> {
    const { signal } = options;
    this.#requireOpen();
    if (!this.#row.capability.includes('STF_WEBRTC')) {
      throw new PlatformError('invalid', 'The session was created without the capability STF_WEBRTC.', {
        attr: 'capability',
      });
    }
    const replaces = options.recover === true && this.#isRecoverable;
    if (this.#exchanging && replaces) {
      throw new PlatformError('unavailable', 'An earlier offer is still being answered. Please try again.', {
        retryAfterSeconds: 1,
      });
    }
    if (this.#exchanging || (this.#row.status !== 'CREATED' && !replaces)) {
      throw new PlatformError(
        'invalid_session_state',
        `The session is ${this.#exchanging ? 'being connected' : this.#row.status}; an offer is accepted once, while it is CREATED.`,
      );
    }
    this.#exchanging = true;
    let place: { release(): void } | undefined;
    try {
      if (!replaces) place = await this.#takePlace();
      if (replaces) this.#awaitRecovery('lost');
      const scene = await this.#options.loadScene(this.#row);
      const connectionId = `${this.#row.id}.${++this.#connections}`;
      let connection: Connection | undefined;
      const { answerSdp, session: media } = await this.#options.media.open(
        { sessionId: connectionId, offerSdp, scene },
        {
          onConnected: () => this.#connected(),
          onPacket: (packet, recording) => {
            this.touch();
            if (packet.type === 'leave') void this.end('GRACEFUL_TERMINATION');
            else connection?.commands.handle(packet, recording);
          },
          onFile: (fileRef, bytes) => this.#files.put(fileRef, bytes),
          onUtteranceStarted: () => {},
          onUtteranceFinished: (utteranceId) => {
            this.touch();
            connection?.speaker.utteranceFinished(utteranceId);
          },
          onClosed: (reason) => {
            if (connection === undefined || connection === this.#connection) this.#mediaEnded(reason);
          },
        },
        { signal: AbortSignal.any([signal, this.#ending.signal]) },
      );
      // The session may have ended, or the client left, while the answer was made.
      if (this.row.status === 'TERMINATED' || signal.aborted) media.close();
      this.#requireOpen();
      signal.throwIfAborted();
      connection = this.#createConnection(media);
      this.#connection = connection;
      this.#isRecoverable = options.recoverable === true;
      const isCreated = this.row.status === 'CREATED';
      this.#change({
        ...(isCreated ? { status: 'EXCHANGED' } : {}),
        clientSdp: offerSdp,
        serverSdp: answerSdp,
      });
      return answerSdp;
    } finally {
      this.#exchanging = false;
      void this.#writes.then(() => place?.release());
    }
  }

  async recordEvent(event: SessionEventName, detail: string): Promise<RecordedEvent> {
    this.#requireOpen();
    this.touch();
    const row: SessionEventRow = {
      id: randomUUID(),
      sessionId: this.#row.id,
      event,
      detail,
      createdAt: this.#options.now(),
    };
    this.#write(() => this.#options.store.sessions.insertEvent(row));
    if (event === 'SESSION_START' && this.#row.status !== 'IN_PROGRESS') {
      const place = this.#row.status === 'CREATED' ? await this.#takePlace() : undefined;
      this.#requireOpen();
      this.#begin();
      void this.#writes.then(() => place?.release());
    }
    if (!this.#wasConnected && this.#row.status === 'IN_PROGRESS') {
      this.#setTimer(this.#options.times.heartbeatMs, 'SESSION_LOST_AFTER_CONNECTION');
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
      clearTimeout(this.#idleTimer);
      this.#stopWatching?.();
      this.#change({
        status: 'TERMINATED',
        terminationReason: reason,
        endedAt: this.#lostAt ?? this.#options.now(),
      });
      await this.#writes;
      this.#ending.abort(new PlatformError('session_terminated', `The session has ended (${reason}).`));
      this.#closeConnection();
      this.#files.clear();
      await this.#options.toolbox.close();
      this.#options.onEnded();
    }
    await this.#writes;
  }

  #requireOpen(): void {
    if (this.#row.status !== 'TERMINATED') return;
    throw new PlatformError('session_terminated', describeEnd(this.#row.terminationReason));
  }

  /** @throws {PlatformError} after ending the session, when a quota is used up. */
  async #takePlace(): Promise<{ release(): void }> {
    const place = await this.#options.quotas.beginStart(this.#row.organizationId);
    if (place.refused === undefined) return place;
    await this.end(place.refused);
    throw new PlatformError('invalid_session_state', QUOTA_DETAILS[place.refused] ?? place.refused);
  }

  #createConnection(media: MediaSession): Connection {
    const { log, speech, analyse } = this.#options;
    const speaker = createSpeaker({
      output: media,
      synthesize: (sentence, { signal }) => speech.speak(sentence, { signal }),
      splitSentences: async (text) => (await speech.prepare(text, {})).sentences,
      analyse,
      onFailure: (error) =>
        log.warn({ err: error, sessionId: this.#row.id }, 'an utterance could not be spoken'),
    });
    const commands = createCommands({
      row: this.#row,
      media,
      speaker,
      conversation: this.conversation,
      loadUpload: async (fileRef, { signal }) => {
        const bytes = this.#files.get(fileRef);
        if (bytes === undefined || bytes.length === 0) return undefined;
        return this.#options.decodeAudio(bytes, { signal });
      },
      transcribe: async (clip, options) => (await speech.transcribe(clip, options)).normalizedText,
      setTemplate: (wish) => void this.#setTemplate(media, wish),
      log,
      signal: this.#ending.signal,
    });
    return { media, speaker, commands };
  }

  async #setTemplate(
    media: MediaSession,
    wish: { readonly model?: string; readonly dress?: string },
  ): Promise<void> {
    const modelStyle = this.#options.findModelStyle(this.#row.modelStyle, wish);
    if (modelStyle === undefined || modelStyle === this.#row.modelStyle) return;
    this.#change({ modelStyle });
    try {
      media.setScene(await this.#options.loadScene(this.#row));
    } catch (error) {
      this.#options.log.warn({ err: error, sessionId: this.#row.id }, 'the picture could not be changed');
    }
  }

  #mediaEnded(reason: MediaEnd): void {
    if (this.#row.status === 'TERMINATED') return;
    if (!this.#isRecoverable || this.#row.status !== 'IN_PROGRESS') {
      void this.end(REASON_OF_MEDIA_END[reason]);
      return;
    }
    this.#awaitRecovery(reason);
  }

  #awaitRecovery(reason: MediaEnd): void {
    this.#closeConnection();
    this.#lostAt = this.#options.now();
    this.#setTimer(
      reason === 'left' ? REPLACEMENT_WINDOW_MS : this.#options.times.recoveryWindowMs,
      REASON_OF_MEDIA_END[reason],
    );
  }

  #closeConnection(): void {
    this.#connection?.speaker.close();
    this.#connection?.media.close();
    this.#connection = undefined;
  }

  #connected(): void {
    if (this.#row.status === 'TERMINATED') return;
    this.#wasConnected = true;
    this.#lostAt = undefined;
    clearTimeout(this.#timer);
    this.touch();
    this.#begin();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    if (this.#row.status === 'IN_PROGRESS') return;
    this.#change({ status: 'IN_PROGRESS', startedAt: this.#options.now() });
    this.#stopWatching = this.#options.quotas.watch({
      organizationId: this.#row.organizationId,
      end: (reason) => void this.end(reason),
    });
  }

  #setTimer(delayMs: number, reason: TerminationReason): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.end(reason), delayMs);
    this.#timer.unref();
  }

  #watchIdle(): void {
    const { idleMs } = this.#options.times;
    if (idleMs === 0) return;
    const leftMs = this.#lastActiveMs + idleMs - performance.now();
    if (leftMs <= 0) {
      void this.end('SESSION_LOST_AFTER_CONNECTION');
      return;
    }
    this.#idleTimer = setTimeout(() => this.#watchIdle(), leftMs);
    this.#idleTimer.unref();
  }

  #change(changes: Partial<SessionRow>): void {
    this.#row = { ...this.#row, ...changes };
    this.#write(() => this.#options.store.sessions.update(this.#row.id, changes));
  }

  #write(action: () => Promise<void>): void {
    this.#writes = this.#writes.then(action).catch((error: unknown) => {
      this.#options.log.error(
        { err: error, sessionId: this.#row.id },
        'a session change could not be stored',
      );
    });
  }
}

/** For people: that a session has ended, and why. */
export function describeEnd(reason: string | null): string {
  return `The session has ended (${reason ?? 'unknown reason'}). Please create a new one.`;
}

/**
 * One session's media: a link to the client, the stage it sees, the performer on it and the speech that waits. Lives
 * in a media process; everything it knows of the outside is the `report` callback.
 */
import { randomBytes } from 'node:crypto';
import { type ClientPacket, parseClientPacket, type ServerPacket } from '@visavox/contract';
import type { Performer } from '../avatar/index.ts';
import { FRAME_INTERVAL_MS, type PlayoutSource } from '../media/playout.ts';
import type { FromMedia, Scene, ToMedia } from '../media/protocol.ts';
import { createSpeechQueue } from '../media/speech-queue.ts';
import type { I420Frame, LinkEnd, LinkHandlers, MediaLink, Recording } from '../media/transport.ts';
import type { StageLease } from './stages.ts';

/** A client that pings and then stays silent this long has gone, even if its network still answers. */
const PING_SILENCE_MS = 30_000;
/**
 * Sound waits longer on its way to the ear than a picture to the eye, although both leave together: without this the
 * lips were seen 56 ms (median of 150) before they were heard.
 */
const SOUND_PATH_MS = 50;

export interface SizePx {
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface MediaSessionOptions {
  readonly sessionId: string;
  readonly report: (message: FromMedia) => void;
  readonly performer: Performer;
  readonly stage: StageLease;
  readonly scene: Scene;
  readonly size: SizePx;
  /** Prepares another picture; the one in hand stays until it is there. */
  readonly prepareStage: (scene: Scene, size: SizePx) => Promise<StageLease>;
  readonly now: () => number;
  readonly logError: (error: unknown) => void;
}

export class MediaSession implements PlayoutSource, LinkHandlers {
  readonly sessionId: string;
  readonly #options: MediaSessionOptions;
  readonly #performer: Performer;
  readonly #announcements = new Map<string, readonly ServerPacket[]>();
  readonly #queue;
  #stage: StageLease;
  #live: I420Frame;
  #link: MediaLink | undefined;
  #mediaMs = 0;
  #lastPingMs: number | undefined;
  #scene: Scene;
  #size: SizePx;
  #preparing = false;
  /** Counts the wishes for another picture; the latest is the one that is shown. */
  #wishes = 0;
  #onClose: (() => void) | undefined;
  /** Clears that the API process has not answered yet: speech that arrives until then is of before. */
  #clearsUnanswered = 0;
  #closed = false;

  constructor(options: MediaSessionOptions) {
    this.sessionId = options.sessionId;
    this.#options = options;
    this.#performer = options.performer;
    this.#stage = options.stage;
    this.#scene = options.scene;
    this.#size = options.size;
    this.#live = createFrame(options.stage);
    this.#queue = createSpeechQueue({
      onStart: (utteranceId) => {
        for (const packet of this.#announcements.get(utteranceId) ?? []) this.send(packet);
        options.report({ kind: 'utterance-started', sessionId: this.sessionId, utteranceId });
      },
      onVisemes: (visemes, startMs) => this.#performer.speak({ visemes, startMs }),
      onFinish: (utteranceId, playedMs, complete) => {
        this.#announcements.delete(utteranceId);
        options.report({
          kind: 'utterance-finished',
          sessionId: this.sessionId,
          utteranceId,
          playedMs,
          complete,
        });
      },
    });
  }

  /** `onClose` takes the session out of the playout and of the process's table. */
  attach(link: MediaLink, onClose: () => void): void {
    this.#link = link;
    this.#onClose = onClose;
    if (this.#closed) this.#release();
  }

  receive(message: Extract<ToMedia, { readonly sessionId: string }>): void {
    if (this.#closed) return;
    switch (message.kind) {
      case 'utterance-start':
        if (this.#clearsUnanswered > 0) return;
        this.#queue.start(message.utteranceId, message.sampleRateHz);
        return;
      case 'utterance-chunk':
        if (!this.#queue.has(message.utteranceId)) return;
        this.#announcements.set(message.utteranceId, message.announcements);
        this.#queue.append(message.utteranceId, message.samples, message.visemes);
        return;
      case 'utterance-end':
        if (this.#queue.has(message.utteranceId)) {
          this.#announcements.set(message.utteranceId, message.announcements);
        }
        this.#queue.end(message.utteranceId);
        return;
      case 'clear':
        this.#clearsUnanswered = Math.max(0, this.#clearsUnanswered - 1);
        this.#clear();
        return;
      case 'packet':
        this.send(message.packet);
        return;
      case 'scene':
        this.#scene = message.scene;
        this.#changePicture();
        return;
      case 'close':
        this.close();
        return;
      case 'open':
        return;
    }
  }

  send(packet: ServerPacket): void {
    this.#link?.send(JSON.stringify(packet));
  }

  playAudio(mediaMs: number): void {
    this.#mediaMs = mediaMs;
    this.#link?.pushAudio(this.#queue.nextBlock(mediaMs));
    if (this.#lastPingMs !== undefined && this.#options.now() - this.#lastPingMs > PING_SILENCE_MS) {
      this.onClosed('lost');
    }
  }

  showPicture(blockMs: number): void {
    const link = this.#link;
    if (link === undefined) return;
    const mediaMs = Math.max(0, blockMs - SOUND_PATH_MS);
    if (this.#performer.isIdleAt(mediaMs)) {
      const { idleLoop } = this.#stage;
      link.showIdle(idleLoop, Math.floor(mediaMs / FRAME_INTERVAL_MS) % idleLoop.frameCount);
      return;
    }
    this.#stage.stage.render(this.#performer.poseAt(mediaMs), this.#live.data);
    link.showLive(this.#live);
  }

  readonly onOpen = (): void => {
    this.#options.report({ kind: 'connected', sessionId: this.sessionId });
  };

  readonly onText = (frame: string): void => {
    const packet = parseClientPacket(frame);
    if (packet === null || this.#closed) return;
    if (packet.type === 'ping') {
      this.#lastPingMs = this.#options.now();
      this.send({ type: 'ping', data: {} });
    } else if (packet.type === 'change-size') {
      this.#size = { widthPx: packet.data.width, heightPx: packet.data.height };
      this.#changePicture();
    } else if (packet.type === 'record-start') {
      this.#link?.startRecording();
    } else if (packet.type === 'record-end-stt' || packet.type === 'record-end-translate') {
      this.#forward(packet, this.#link?.stopRecording());
    } else {
      // Clearing must not wait for the other process; it is told as well, to stop what it prepares.
      if (packet.type === 'clear-buffer') {
        this.#clearsUnanswered += 1;
        this.#clear();
      }
      this.#forward(packet);
    }
  };

  readonly onFile = (bytes: Uint8Array): string => {
    const fileRef = `file-${randomBytes(16).toString('hex')}`;
    this.#options.report({ kind: 'file', sessionId: this.sessionId, fileRef, bytes });
    return fileRef;
  };

  readonly onError = (error: unknown): void => {
    this.#options.logError(error);
  };

  readonly onClosed = (reason: LinkEnd): void => {
    if (this.#closed) return;
    this.close();
    this.#options.report({ kind: 'closed', sessionId: this.sessionId, reason });
  };

  /** Idempotent; reports nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    this.#onClose?.();
    this.#onClose = undefined;
    this.#link?.close();
    this.#link = undefined;
    this.#announcements.clear();
    this.#stage.release();
  }

  #forward(packet: ClientPacket, recording?: Recording): void {
    this.#options.report({
      kind: 'packet',
      sessionId: this.sessionId,
      packet,
      ...(recording === undefined ? {} : { recording }),
    });
  }

  #clear(): void {
    this.#queue.clear(this.#mediaMs);
    this.#performer.stop(this.#mediaMs);
  }

  #changePicture(): void {
    this.#wishes += 1;
    if (!this.#preparing) void this.#prepare();
  }

  /** The latest wish wins; while one is prepared, the next only replaces the wish. */
  async #prepare(): Promise<void> {
    this.#preparing = true;
    for (let done = -1; done !== this.#wishes && !this.#closed; ) {
      done = this.#wishes;
      try {
        const stage = await this.#options.prepareStage(this.#scene, this.#size);
        if (this.#closed) {
          stage.release();
          break;
        }
        if (stage.stage !== this.#stage.stage) this.#live = createFrame(stage);
        this.#stage.release();
        this.#stage = stage;
      } catch {
        // The picture in hand stays; the command has no reply.
      }
    }
    this.#preparing = false;
  }
}

function createFrame({ stage }: StageLease): I420Frame {
  return {
    widthPx: stage.widthPx,
    heightPx: stage.heightPx,
    data: new Uint8Array((stage.widthPx * stage.heightPx * 3) / 2),
  };
}

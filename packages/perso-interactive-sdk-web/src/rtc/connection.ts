/**
 * The media connection of a session: picture and sound of the AI human, and the command channel next to them. It lasts
 * from link to link: a lost one is replaced where the server offers that, and commands wait meanwhile.
 */

import type { SignalOptions } from '../abort.ts';
import { ICE_GRACE_MS, MAX_HELD_COMMANDS } from '../constants.ts';
import { ApiError } from '../errors.ts';
import { createListeners } from '../listeners.ts';
import type { CommandFrame, Link, LossCause } from './link.ts';
import type { LocalAudio } from './local-audio.ts';
import type { Recover } from './recovery.ts';

/** Whether the connection of a session can be used at the moment. */
export type ConnectionState = 'connected' | 'recovering' | 'closed';

/**
 * Why a session has closed:
 *
 * - `stopped`: the page called `stopSession`.
 * - `connection-lost`: the network, or what protects it, failed.
 * - `silence`: the server was silent for 30 s.
 * - `channel-closed`: the server closed the connection.
 * - `session-ended`: the connection was lost, and the server refused to take it up again.
 * - `recovery-timeout`: the connection was lost, and could not be taken up again in time.
 */
export type SessionCloseCause = 'stopped' | LossCause | 'session-ended' | 'recovery-timeout';

/** How a connection ended. `code` is 200 when the page closed it, 408 when it was lost. */
export interface ConnectionStatus {
  readonly live: false;
  readonly code: 200 | 408;
  readonly reason: string;
  readonly cause: SessionCloseCause;
}

/** A link, and how long the server keeps the session after it is lost; `undefined` when it does not. */
export interface OpenedLink {
  readonly link: Link;
  readonly recoveryWindowMs: number | undefined;
}

export interface ConnectionOptions extends SignalOptions {
  /** Opens a link; `recover` tells that it takes the place of a lost one. */
  readonly open: (recover: boolean, signal: AbortSignal | undefined) => Promise<OpenedLink>;
  /** Absent: a lost link ends the connection. */
  readonly recover?: Recover | undefined;
  /** What the links send; released with the connection. */
  readonly localAudio?: LocalAudio | undefined;
}

/** Connects, and resolves when the picture's stream is known and commands can be sent. */
export async function createConnection(options: ConnectionOptions): Promise<Connection> {
  return new Connection(await options.open(false, options.signal), options);
}

/** The connection of a session. Not part of the documented interface beyond its existence. */
export class Connection {
  private readonly options: ConnectionOptions;
  private readonly frames = createListeners<CommandFrame>();
  private readonly states = createListeners<ConnectionState>();
  private readonly statuses = createListeners<ConnectionStatus>();
  private link: Link;
  private recoveryWindowMs: number | undefined;
  private current: ConnectionState;
  private recovery: AbortController | undefined;
  private size: object | undefined;
  /** Commands that wait for the link, in order. */
  private held: Array<readonly [type: string, data: object]>;

  constructor(opened: OpenedLink, options: ConnectionOptions) {
    this.options = options;
    this.held = [];
    this.current = 'connected';
    this.link = opened.link;
    this.use(opened);
  }

  get state(): ConnectionState {
    return this.current;
  }

  /** Calls back for each well-formed frame from the server. */
  onFrame(callback: (frame: CommandFrame) => void): () => void {
    return this.frames.add(callback);
  }

  /** Calls back whenever the link is lost, replaced, or gone for good. */
  onState(callback: (state: ConnectionState) => void): () => void {
    return this.states.add(callback);
  }

  /** Calls back once, when the connection has ended. */
  onStatus(callback: (status: ConnectionStatus) => void): () => void {
    return this.statuses.add(callback);
  }

  /** The stream of the present link; while it is being replaced, that of the lost one. */
  getRemoteStream(): MediaStream | undefined {
    return this.link.remoteStream;
  }

  getLocalStream(): MediaStream | null {
    return this.options.localAudio?.stream ?? null;
  }

  /**
   * Sends a command, or keeps it until the link is back. `false` when it will not be sent: the connection has ended, the
   * command is too large or, while the link is away, too many wait or it would be of no use later.
   */
  send(type: string, data: object): boolean {
    if (type === 'change-size') this.size = data;
    const waits = this.current === 'recovering' || !this.link.steady;
    if (waits && (type === 'ttstf' || type === 'stf')) {
      if (this.held.length >= MAX_HELD_COMMANDS) return false;
      this.held.push([type, data]);
      return true;
    }
    if (waits && type === 'clear-buffer') {
      this.held = [[type, data]];
      return true;
    }
    return this.link.send(type, data);
  }

  /** @throws {Error} when the link is lost before the file has arrived. */
  async sendFile(file: Blob, signal?: AbortSignal): Promise<string> {
    if (this.current === 'recovering') throw new Error('File channel closed before transfer completed');
    return this.link.sendFile(file, signal);
  }

  /** Ends the connection on behalf of the page. Later calls do nothing. */
  close(): void {
    // A server that keeps lost sessions is told that this one is not lost.
    if (this.recoveryWindowMs !== undefined && this.current === 'connected') this.link.send('leave', {});
    this.end(200, 'stopped');
  }

  private use({ link, recoveryWindowMs }: OpenedLink): void {
    this.link = link;
    this.recoveryWindowMs = this.options.recover === undefined ? undefined : recoveryWindowMs;
    link.graceMs = this.recoveryWindowMs === undefined ? 0 : ICE_GRACE_MS;
    link.onFrame = (frame) => this.frames.emit(frame);
    link.onSteady = () => this.sendHeld();
    link.onLost = (cause) => this.replace(cause);
  }

  private replace(cause: LossCause): void {
    const { recoveryWindowMs: windowMs } = this;
    const { recover, open } = this.options;
    if (recover === undefined || windowMs === undefined) {
      this.end(408, cause);
      return;
    }
    const recovery = new AbortController();
    this.recovery = recovery;
    this.change('recovering');
    let fresh: Link | undefined;
    const attempt = async (signal: AbortSignal): Promise<OpenedLink> => {
      const opened = await open(true, signal);
      if (signal.aborted) opened.link.close();
      fresh = opened.link;
      return opened;
    };
    recover({ attempt, windowMs, signal: recovery.signal }).then(
      (opened) => {
        if (recovery.signal.aborted) return opened.link.close();
        this.use(opened);
        if (this.size !== undefined) this.link.send('change-size', this.size);
        this.sendHeld();
        this.change('connected');
      },
      (error: unknown) => {
        // It can have opened in the moment of giving up.
        fresh?.close();
        this.end(408, error instanceof ApiError ? 'session-ended' : 'recovery-timeout');
      },
    );
  }

  private sendHeld(): void {
    const { held } = this;
    this.held = [];
    for (const [type, data] of held) this.link.send(type, data);
  }

  private change(state: ConnectionState): void {
    this.current = state;
    this.states.emit(state);
  }

  private end(code: 200 | 408, cause: SessionCloseCause): void {
    if (this.current === 'closed') return;
    this.held = [];
    this.recovery?.abort();
    this.link.close();
    this.options.localAudio?.release(true);
    this.change('closed');
    this.statuses.emit({ live: false, code, reason: code === 200 ? 'OK' : 'Request Timeout', cause });
  }
}

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

/** The connection of a session. Not part of the documented interface beyond its existence. */
export interface Connection {
  readonly state: ConnectionState;
  /** Called for each well-formed frame from the server. */
  onFrame?: (frame: CommandFrame) => void;
  /** Calls back whenever the link is lost, replaced, or gone for good. */
  onState(callback: (state: ConnectionState) => void): () => void;
  /** Calls back once, when the connection has ended. */
  onStatus(callback: (status: ConnectionStatus) => void): () => void;
  /** The stream of the present link; while it is being replaced, that of the lost one. */
  getRemoteStream(): MediaStream | undefined;
  getLocalStream(): MediaStream | null;
  /**
   * Sends a command, or keeps it until the link is back. `false` when it will not be sent: the connection has ended, the
   * command is too large or, while the link is away, too many wait or it would be of no use later.
   */
  send(type: string, data: object): boolean;
  /** @throws {Error} when the link is lost before the file has arrived. */
  sendFile(file: Blob, signal?: AbortSignal): Promise<string>;
  /** Ends the connection on behalf of the page. Later calls do nothing. */
  close(): void;
}

/** Connects, and resolves when the picture's stream is known and commands can be sent. */
export async function createConnection(options: ConnectionOptions): Promise<Connection> {
  const { open, recover, localAudio } = options;
  const states = createListeners<ConnectionState>();
  const statuses = createListeners<ConnectionStatus>();
  let { link, recoveryWindowMs } = await open(false, options.signal);
  let state: ConnectionState = 'connected';
  let recovery: AbortController | undefined;
  let size: object | undefined;
  /** Commands that wait for the link, in order. */
  let held: Array<readonly [type: string, data: object]> = [];

  const change = (next: ConnectionState): void => {
    state = next;
    states.emit(next);
  };
  const sendHeld = (): void => {
    const commands = held;
    held = [];
    for (const [type, data] of commands) link.send(type, data);
  };
  const end = (code: 200 | 408, cause: SessionCloseCause): void => {
    if (state === 'closed') return;
    held = [];
    recovery?.abort();
    link.close();
    localAudio?.release(true);
    change('closed');
    statuses.emit({ live: false, code, reason: code === 200 ? 'OK' : 'Request Timeout', cause });
  };
  const use = (opened: OpenedLink): void => {
    link = opened.link;
    recoveryWindowMs = recover && opened.recoveryWindowMs;
    link.graceMs = recoveryWindowMs === undefined ? 0 : ICE_GRACE_MS;
    link.onFrame = (frame) => connection.onFrame?.(frame);
    link.onSteady = sendHeld;
    link.onLost = replace;
  };
  const replace = (cause: LossCause): void => {
    if (recover === undefined || recoveryWindowMs === undefined) {
      end(408, cause);
      return;
    }
    const controller = new AbortController();
    recovery = controller;
    change('recovering');
    let fresh: Link | undefined;
    const attempt = async (signal: AbortSignal): Promise<OpenedLink> => {
      const opened = await open(true, signal);
      if (signal.aborted) opened.link.close();
      fresh = opened.link;
      return opened;
    };
    recover({ attempt, windowMs: recoveryWindowMs, signal: controller.signal }).then(
      (opened) => {
        if (controller.signal.aborted) return opened.link.close();
        use(opened);
        if (size !== undefined) link.send('change-size', size);
        sendHeld();
        change('connected');
      },
      (error: unknown) => {
        // It can have opened in the moment of giving up.
        fresh?.close();
        end(408, error instanceof ApiError ? 'session-ended' : 'recovery-timeout');
      },
    );
  };

  const connection: Connection = {
    get state() {
      return state;
    },
    onState: states.add,
    onStatus: statuses.add,
    getRemoteStream: () => link.remoteStream,
    getLocalStream: () => localAudio?.stream ?? null,
    send(type, data) {
      if (type === 'change-size') size = data;
      const waits = state === 'recovering' || !link.steady;
      if (waits && (type === 'ttstf' || type === 'stf')) {
        if (held.length >= MAX_HELD_COMMANDS) return false;
        held.push([type, data]);
        return true;
      }
      if (waits && type === 'clear-buffer') {
        held = [[type, data]];
        return true;
      }
      return link.send(type, data);
    },
    async sendFile(file, signal) {
      if (state === 'recovering') throw new Error('File channel closed before transfer completed');
      return link.sendFile(file, signal);
    },
    close() {
      // A server that keeps lost sessions is told that this one is not lost.
      if (recoveryWindowMs !== undefined && state === 'connected') link.send('leave', {});
      end(200, 'stopped');
    },
  };
  use({ link, recoveryWindowMs });
  return connection;
}

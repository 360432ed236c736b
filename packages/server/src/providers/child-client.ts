/** Calls into a Node program of its own, one after the other; see `calls.ts`. A crash of native code ends only that. */
import { type ChildProcess, fork } from 'node:child_process';
import { type Calls, createCalls, type Peer, type PeerEvents, type PeerReply } from './calls.ts';

export interface ChildClientOptions {
  /** Module of the program; it answers `{ id, request }` with `{ id, reply }` or `{ id, failure }`. */
  readonly modulePath: string;
  /** How errors name the engine. */
  readonly name: string;
  /** A call that takes longer is failed and the program replaced. */
  readonly timeoutMs: number;
  /** Calls that may wait; one more is refused. */
  readonly maxWaiting: number;
  /** After three deaths in a row the program is not started for so long. */
  readonly restMs: number;
}

/** Creates a client; the program starts with the first call. */
export function createChildClient<Request, Reply>(options: ChildClientOptions): Calls<Request, Reply> {
  return createCalls<Request, Reply>({ ...options, open: (events) => openChild(options.modulePath, events) });
}

function openChild<Reply>(modulePath: string, { onReply, onDeath }: PeerEvents<Reply>): Peer {
  const child = fork(modulePath, [], {
    serialization: 'advanced',
    execArgv: [],
    // Diagnostics of the engine go nowhere: they may quote what is spoken.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => {
    const onEnd = (cause: unknown) => {
      onDeath(cause);
      resolve();
    };
    child.on('error', onEnd);
    child.once('exit', () => onEnd(undefined));
  });
  // The program is our own; its answers have this shape.
  child.on('message', (message) => onReply(message as PeerReply<Reply>));
  return {
    send: (message) => {
      // A channel that broke is followed by the exit, which is what counts.
      child.send(message, () => {});
    },
    hold: (isNeeded) => hold(child, isNeeded),
    end: () => {
      // Its exit is awaited, so it has to keep this process until then.
      hold(child, true);
      child.kill('SIGKILL');
      return gone;
    },
  };
}

function hold(child: ChildProcess, isNeeded: boolean): void {
  if (isNeeded) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

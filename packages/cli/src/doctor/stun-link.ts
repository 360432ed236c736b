/** A connection to a STUN or TURN server: requests with their answers, over UDP with repetition, over TCP or TLS. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { explainCode, SILENT_NAME_SERVERS } from './ask.ts';
import { codeOf } from './finding.ts';
import { canResolve } from './names.ts';
import { decodeStun, encodeStun, type StunMessage, type StunRequest, stunLength } from './stun-message.ts';

export interface StunAddress {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
}

export interface StunLink {
  /**
   * @throws {LinkError} when the other side cannot be reached, or sends what is no STUN.
   * @throws the signal's reason when it is aborted.
   */
  request(request: StunRequest, options: { readonly signal: AbortSignal }): Promise<StunMessage>;
  /** Sends without waiting for an answer. */
  send(request: StunRequest): void;
  /** Idempotent. */
  close(): void;
}

/** The message is the end of a sentence that begins with the server. */
export class LinkError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LinkError';
  }
}

export interface LinkOptions {
  readonly signal: AbortSignal;
  readonly nameServers?: readonly string[] | undefined;
}

/** RFC 8489, 6.2.1: the waiting time doubles. */
const FIRST_REPETITION_MS = 500;
const MAX_STREAM_BYTES = 64 * 1024;

/** @throws {LinkError} when the other side cannot be reached. */
export async function openStunLink(address: StunAddress, options: LinkOptions): Promise<StunLink> {
  const { signal } = options;
  if (!(await canResolve(address.host, options))) throw new LinkError(SILENT_NAME_SERVERS.reason);
  const ip = await lookup(address.host).catch((error: unknown) => {
    throw new LinkError(explainCode(codeOf(error)));
  });
  signal.throwIfAborted();
  return address.transport === 'udp'
    ? openUdp(ip.address, address.port, options)
    : openStream(address, ip.address, options);
}

async function openUdp(ip: string, port: number, { signal }: LinkOptions): Promise<StunLink> {
  const socket = createSocket(isIP(ip) === 6 ? 'udp6' : 'udp4');
  const answers = createAnswers();
  // A connected socket is told when nobody listens there.
  socket.on('error', (error) => answers.fail(new LinkError(explainCode(codeOf(error)))));
  socket.on('message', (bytes) => answers.take(bytes));
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    socket.close();
  };
  const send = (bytes: Buffer) =>
    socket.send(bytes, (error) => {
      if (error !== null) answers.fail(new LinkError(explainCode(codeOf(error))));
    });
  try {
    socket.connect(port, ip);
    await once(socket, 'connect', { signal });
  } catch (error) {
    close();
    signal.throwIfAborted();
    throw new LinkError(explainCode(codeOf(error)));
  }
  return {
    async request(request, options) {
      const { bytes, transactionId } = encodeStun(request);
      let timer: NodeJS.Timeout | undefined;
      const repeat = (waitMs: number) => {
        timer = setTimeout(() => {
          send(bytes);
          repeat(waitMs * 2);
        }, waitMs);
      };
      const answer = answers.wait(transactionId, options.signal);
      send(bytes);
      repeat(FIRST_REPETITION_MS);
      try {
        return await answer;
      } finally {
        clearTimeout(timer);
      }
    },
    send: (request) => send(encodeStun(request).bytes),
    close,
  };
}

async function openStream(address: StunAddress, ip: string, { signal }: LinkOptions): Promise<StunLink> {
  const { port, host, transport } = address;
  const socket: Socket =
    transport === 'tls'
      ? tlsConnect({ host: ip, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : tcpConnect({ host: ip, port });
  const answers = createAnswers();
  socket.on('error', (error) => answers.fail(new LinkError(explainCode(codeOf(error)))));
  socket.on('close', () => answers.fail(new LinkError('closed the connection')));
  let stream = Buffer.alloc(0);
  socket.on('data', (piece: Buffer) => {
    stream = Buffer.concat([stream, piece]);
    for (let length = stunLength(stream); length !== undefined && stream.length >= length; ) {
      if (!answers.take(stream.subarray(0, length))) {
        answers.fail(new LinkError('sends something that is not STUN'));
        return;
      }
      stream = stream.subarray(length);
      length = stunLength(stream);
    }
    if (stream.length > MAX_STREAM_BYTES) answers.fail(new LinkError('sends something that is not STUN'));
  });
  try {
    await once(socket, transport === 'tls' ? 'secureConnect' : 'connect', { signal });
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw new LinkError(explainCode(codeOf(error)));
  }
  return {
    request(request, options) {
      const { bytes, transactionId } = encodeStun(request);
      const answer = answers.wait(transactionId, options.signal);
      socket.write(bytes);
      return answer;
    },
    send: (request) => void socket.write(encodeStun(request).bytes),
    // What is still to be written, leaves first.
    close: () => socket.destroySoon(),
  };
}

/** Gives each answer to the request with its transaction id. After a failure every request fails with it. */
function createAnswers() {
  const waiting = new Map<string, (outcome: StunMessage | LinkError) => void>();
  let failure: LinkError | undefined;
  return {
    /** False for bytes that are no STUN message. */
    take(bytes: Buffer): boolean {
      const message = decodeStun(bytes);
      if (message === undefined) return false;
      waiting.get(message.transactionId.toString('hex'))?.(message);
      return true;
    },
    fail(error: LinkError): void {
      failure ??= error;
      for (const settle of [...waiting.values()]) settle(failure);
    },
    wait(transactionId: Buffer, signal: AbortSignal): Promise<StunMessage> {
      const id = transactionId.toString('hex');
      return new Promise<StunMessage>((resolve, reject) => {
        const abort = () => {
          waiting.delete(id);
          reject(signal.reason);
        };
        if (failure !== undefined) reject(failure);
        else if (signal.aborted) abort();
        else {
          signal.addEventListener('abort', abort, { once: true });
          waiting.set(id, (outcome) => {
            waiting.delete(id);
            signal.removeEventListener('abort', abort);
            if (outcome instanceof LinkError) reject(outcome);
            else resolve(outcome);
          });
        }
      });
    },
  };
}

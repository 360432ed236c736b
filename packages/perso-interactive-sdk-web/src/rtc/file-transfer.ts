/**
 * Sending a file over a data channel of its own. The server says "ready" with an empty text, the file follows in binary
 * chunks ended by an empty one, and the server answers with the reference of the stored file as text.
 */

import { onAbort, throwIfAborted } from '../abort.ts';
import {
  FILE_BUFFER_HIGH_BYTES,
  FILE_BUFFER_LOW_BYTES,
  FILE_CHUNK_BYTES,
  FILE_TRANSFER_LIMIT_MS,
} from '../constants.ts';

export type FileChannelSource = Pick<RTCPeerConnection, 'createDataChannel'>;

/**
 * Sends `file` and resolves with its reference. Its channel is among `channels` meanwhile.
 *
 * @throws {Error} when the channel closes or fails early, or after 30 s.
 * @throws the reason of `signal` when it fires.
 */
export async function sendFile(
  peer: FileChannelSource,
  file: Blob,
  signal?: AbortSignal,
  channels: Set<RTCDataChannel> = new Set(),
): Promise<string> {
  throwIfAborted(signal);
  const channel = peer.createDataChannel('file', { protocol: 'file' });
  channels.add(channel);
  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = FILE_BUFFER_LOW_BYTES;

  let finished = false;
  let sending = false;
  let resume: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unlink = (): void => undefined;

  const sendChunks = async (): Promise<void> => {
    for (let offset = 0; offset < file.size; offset += FILE_CHUNK_BYTES) {
      const chunk = await file.slice(offset, offset + FILE_CHUNK_BYTES).arrayBuffer();
      if (channel.bufferedAmount > FILE_BUFFER_HIGH_BYTES) {
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
        resume = undefined;
      }
      if (finished) return;
      channel.send(chunk);
    }
    channel.send(new ArrayBuffer(0));
  };

  try {
    return await new Promise<string>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('File transfer timed out')), FILE_TRANSFER_LIMIT_MS);
      unlink = onAbort(signal, reject);
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== 'string') return;
        if (data !== '') resolve(data);
        else if (!sending) {
          sending = true;
          const begin = (): void => void sendChunks().catch(reject);
          // The server's first frame can be delivered before this side has changed its state.
          if (channel.readyState === 'connecting') channel.onopen = begin;
          else begin();
        }
      };
      channel.onbufferedamountlow = () => resume?.();
      channel.onerror = (event) => {
        reject(new Error(`File channel error: ${(event as RTCErrorEvent).error?.message ?? 'unknown'}`));
      };
      channel.onclose = () => {
        const when = resume === undefined ? 'before transfer completed' : 'during transfer';
        reject(new Error(`File channel closed ${when}`));
      };
    });
  } finally {
    finished = true;
    channels.delete(channel);
    clearTimeout(timer);
    unlink();
    resume?.();
    channel.onopen =
      channel.onmessage =
      channel.onbufferedamountlow =
      channel.onerror =
      channel.onclose =
        null;
    channel.close();
  }
}

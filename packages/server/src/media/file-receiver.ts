/**
 * The upload sub-protocol of section 6.6: an empty text frame says "send", binary frames follow, an empty binary frame
 * ends the file, and a text frame answers with its reference. The client closes the channel.
 */

export interface FileChannel {
  sendText(text: string): void;
  close(): void;
}

export interface FileReceiver {
  /** Call once the channel is open. */
  start(): void;
  /** One frame from the client, text or binary. */
  receive(frame: unknown): void;
  /** Drops what was received so far. */
  abandon(): void;
}

export function createFileReceiver(options: {
  readonly channel: FileChannel;
  readonly maxBytes: number;
  /** Takes the whole file, returns its reference. */
  readonly onFile: (bytes: Uint8Array) => string;
}): FileReceiver {
  let chunks: Uint8Array[] = [];
  let received = 0;
  let ended = false;

  const finish = (): void => {
    ended = true;
    const bytes = new Uint8Array(received);
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    chunks = [];
    options.channel.sendText(options.onFile(bytes));
  };

  return {
    start() {
      if (!ended) options.channel.sendText('');
    },
    receive(frame) {
      if (ended || !(frame instanceof ArrayBuffer)) return;
      if (frame.byteLength === 0) {
        finish();
        return;
      }
      received += frame.byteLength;
      if (received > options.maxBytes) {
        ended = true;
        chunks = [];
        // There is no error frame: an early close is what clients report as a failed transfer.
        options.channel.close();
        return;
      }
      chunks.push(new Uint8Array(frame.slice(0)));
    },
    abandon() {
      ended = true;
      chunks = [];
    },
  };
}

/** The program: answers requests for transcripts over Node's IPC channel. See README.md. */
import { createHearing, type Hearing, type HearingConfig } from './hearing.ts';

interface HostMessage {
  readonly id: number;
  readonly request:
    | { readonly kind: 'load'; readonly config: HearingConfig }
    | {
        readonly kind: 'hear';
        readonly config: HearingConfig;
        readonly samples: Int16Array;
        readonly language?: string;
      };
}

let hearing: Hearing | undefined;

process.on('disconnect', () => process.exit(0));
process.on('message', async (message) => {
  // The server's own client is on the other side; its messages have this shape.
  const { id, request } = message as HostMessage;
  // What the engine says of a failure is not passed on: it may quote what was said.
  let failure = 'sherpa-onnx-node cannot be loaded';
  try {
    hearing ??= await createHearing(request.config);
    failure = 'the clip cannot be read';
    const reply = request.kind === 'load' ? {} : hearing.hear(request.samples, request.language);
    process.send?.({ id, reply });
  } catch {
    process.send?.({ id, failure });
  }
});

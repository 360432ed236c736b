/** Worker thread of `flite.ts`: speaks one piece of text per call. */

import type { FliteReply, FliteRequest } from './flite.ts';
import { createFliteEngine } from './flite-engine.ts';
import { finishSpeech } from './speech-finish.ts';
import { serveWorker } from './worker-server.ts';

const engine = createFliteEngine();

serveWorker<FliteRequest, FliteReply>({
  failure: 'the Flite engine could not speak this text',
  handle: ({ voiceId, text, tailMs }) => {
    const { samples, sampleRateHz, phones } = engine.speak(voiceId, text);
    const { samples: finished, phones: moved } = finishSpeech(
      { samples, sampleRateHz, phones },
      { isSilence: (phone) => phone === 'pau', headMs: 25, tailMs },
    );
    return { reply: { samples: finished, sampleRateHz, phones: moved }, transfer: [finished.buffer] };
  },
  afterwards: () => engine.prepare(),
});

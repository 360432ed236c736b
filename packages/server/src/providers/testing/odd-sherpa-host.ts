/** Program that speaks the protocol of the sherpa-onnx host, and misbehaves as the tone of its clip says. */
import type { SherpaRequest } from '../sherpa.ts';

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  // The tests are on the other side.
  const { id, request } = message as { readonly id: number; readonly request: SherpaRequest };
  if (request.kind === 'load') {
    process.send?.({ id, reply: {} });
    return;
  }
  const hz = countCycles(request.samples);
  // 400 Hz is answered, 1000 Hz ends the program, 2500 Hz is never answered.
  if (hz < 700) process.send?.({ id, reply: { text: 'odd', language: 'en' } });
  else if (hz < 1500) process.exit(1);
});

/** Cycles in the first quarter of a second, a second's worth. */
function countCycles(samples: Int16Array): number {
  let count = 0;
  for (let i = 1; i < 4000; i++) if ((samples[i - 1] ?? 0) < 0 && (samples[i] ?? 0) >= 0) count++;
  return count * 4;
}

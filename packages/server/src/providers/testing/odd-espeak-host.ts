/** Program that speaks the protocol of the eSpeak NG host, and misbehaves as the text of its request says. */
import { createInterface } from 'node:readline';

function write(header: object, samples = new Int16Array(0)): void {
  const json = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(json.length, 0);
  lengths.writeUInt32LE(samples.byteLength, 4);
  process.stdout.write(Buffer.concat([lengths, json, Buffer.from(samples.buffer)]));
}

if (process.argv.includes('--absent')) {
  write({ type: 'unavailable', reason: 'not-installed' });
} else {
  write({ type: 'ready', sampleRateHz: 16_000, languages: ['ko'] });
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, text }: { id: number; text: string } = JSON.parse(line);
    if (text.startsWith('die')) process.exit(1);
    if (text.startsWith('hang')) return;
    if (text.startsWith('noise')) {
      process.stdout.write(Buffer.alloc(64, 0xff));
      return;
    }
    write({ type: 'audio', id, phones: [{ phone: 'a', startMs: 0 }] }, new Int16Array(1600).fill(1000));
    write({ type: 'end', id });
  });
}

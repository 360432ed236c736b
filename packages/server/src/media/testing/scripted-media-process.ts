/**
 * A media process without media, for tests of the pool. How it starts is told by the environment, how it answers an
 * offer by the offer itself; what a session is told comes back as a packet.
 */
import { existsSync, writeFileSync } from 'node:fs';
import type { FromMedia, MediaProcessOptions, ToMedia } from '../protocol.ts';

const { START, PID_FILE } = process.env;
let ports: MediaProcessOptions['ports'];

const report = (message: FromMedia): void => void process.send?.(message);

function start(): void {
  if (START === 'crash') process.exit(3);
  if (START === 'silent' || (START === 'one silent, one crashes' && ports?.first === 1000)) {
    if (PID_FILE !== undefined) writeFileSync(PID_FILE, String(process.pid));
    return;
  }
  if (START === 'one silent, one crashes') {
    setInterval(() => {
      if (PID_FILE !== undefined && existsSync(PID_FILE)) process.exit(3);
    }, 5);
    return;
  }
  report({ kind: 'ready', transport: 'scripted' });
}

function open({ requestId, sessionId, offerSdp }: Extract<ToMedia, { readonly kind: 'open' }>): void {
  const detail = `refused ${sessionId}`;
  if (offerSdp === 'die') process.exit(7);
  else if (offerSdp === 'bad offer') report({ kind: 'open-failed', requestId, fault: 'offer', detail });
  else if (offerSdp === 'broken') report({ kind: 'open-failed', requestId, fault: 'internal', detail });
  else if (offerSdp === 'odd') report({ kind: 'opened', requestId: requestId + 1000, answerSdp: '' });
  else if (offerSdp !== 'hang') {
    report({ kind: 'opened', requestId, answerSdp: JSON.stringify({ pid: process.pid, ports }) });
  }
}

process.on('message', (raw) => {
  // Only the pool under test writes to this channel.
  const message = raw as ToMedia;
  if (message.kind === 'start') {
    ports = message.options.ports;
    start();
  } else if (message.kind === 'open') open(message);
  else if (message.kind === 'stats') {
    const stats = {
      sessions: 0,
      stages: 0,
      frames: 0,
      lateFrames: 0,
      restarts: 0,
      cpuSeconds: 0,
      residentBytes: 1,
    };
    report({ kind: 'stats', requestId: message.requestId, stats });
  } else if (message.kind === 'utterance-end' && message.utteranceId === 'leave') {
    report({ kind: 'closed', sessionId: message.sessionId, reason: 'left' });
  } else {
    const { sessionId } = message;
    const packet = { type: 'ttstf', data: { message: JSON.stringify(message) } } as const;
    report({ kind: 'packet', sessionId, packet });
  }
});
process.on('disconnect', () => process.exit(0));

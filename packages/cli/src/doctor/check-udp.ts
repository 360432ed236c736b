/** Whether datagrams pass on this machine: a real echo over loopback, from a port of the range for media if there is one. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { codeOf, type Finding, failed, ok } from './finding.ts';

const LOOPBACK = '127.0.0.1';
/** Ports of the range that are tried before it counts as taken. */
const MAX_TRIED_PORTS = 200;
const ECHO_TIMEOUT_MS = 2000;

export async function checkUdp({
  mediaPorts,
  signal,
}: {
  /** The value of VISAVOX_MEDIA_PORTS. */
  readonly mediaPorts: string | undefined;
  readonly signal: AbortSignal;
}): Promise<readonly Finding[]> {
  const range = mediaPorts === undefined ? undefined : parsePortRange(mediaPorts);
  if (mediaPorts !== undefined && range === undefined) {
    return [
      failed(
        'udp',
        `VISAVOX_MEDIA_PORTS must be a range of at least 10 ports between 1024 and 65535, but "${mediaPorts.slice(0, 50)}" came`,
        'Set it to a range such as 50000-50199.',
      ),
    ];
  }
  const echo = await bindInRange(range);
  if (echo === undefined) {
    return [
      failed(
        'udp',
        `every UDP port of VISAVOX_MEDIA_PORTS (${mediaPorts}) is taken`,
        'Set a range that nothing else uses.',
      ),
    ];
  }
  const sender = createSocket('udp4');
  try {
    echo.on('message', (bytes, from) => echo.send(bytes, from.port, from.address));
    const sent = `visavox ${process.hrtime.bigint()}`;
    const timeout = AbortSignal.timeout(ECHO_TIMEOUT_MS);
    const answer = once(sender, 'message', { signal: AbortSignal.any([signal, timeout]) });
    sender.send(sent, echo.address().port, LOOPBACK);
    const [bytes] = await answer;
    if (String(bytes) !== sent) {
      return [
        failed(
          'udp',
          'a datagram came back changed',
          'Something on this machine answers for others; look at its firewall.',
        ),
      ];
    }
    const place = range === undefined ? '' : ` (port ${echo.address().port} of ${mediaPorts})`;
    return [ok('udp', `datagrams pass on this machine${place}`)];
  } catch (error) {
    signal.throwIfAborted();
    const code = codeOf(error);
    return [
      failed(
        'udp',
        `a datagram over ${LOOPBACK} did not come back${code === undefined || code === 'ABORT_ERR' ? '' : ` (${code})`}`,
        'Let the firewall of this machine pass UDP on the loopback interface; media cannot work without.',
      ),
    ];
  } finally {
    echo.close();
    sender.close();
  }
}

function parsePortRange(text: string): { readonly first: number; readonly last: number } | undefined {
  const [, first = 0, last = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(Number);
  return first >= 1024 && last <= 65_535 && last - first >= 9 ? { first, last } : undefined;
}

async function bindInRange(
  range: { readonly first: number; readonly last: number } | undefined,
): Promise<Socket | undefined> {
  const first = range?.first ?? 0;
  const last = Math.min(range?.last ?? 0, first + MAX_TRIED_PORTS);
  for (let port = first; port <= last; port += 1) {
    const socket = createSocket('udp4');
    try {
      socket.bind(port, LOOPBACK);
      await once(socket, 'listening');
      return socket;
    } catch {
      socket.close();
    }
  }
  return undefined;
}

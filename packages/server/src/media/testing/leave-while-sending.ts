/**
 * Program for a test: two peers connect, one leaves, and the other sends until it notices. Again and again; the argument
 * says how often.
 */
import { loadWrtc, type WrtcDataChannel, type WrtcPeerConnection } from '../wrtc-module.ts';

interface Peer extends WrtcPeerConnection {
  onicecandidate: ((event: { readonly candidate: unknown }) => void) | null;
  addIceCandidate(candidate: unknown): Promise<void>;
  createDataChannel(label: string): WrtcDataChannel;
  createOffer(): Promise<{ type: 'offer'; sdp: string }>;
  createAnswer(): Promise<{ type: 'answer'; sdp: string }>;
}

const SENDING_MS = 500;
const { RTCPeerConnection } = loadWrtc();
const [, , rounds = '1'] = process.argv;

function createPeer(): Peer {
  // What the product does not use of it is not in its type.
  return new RTCPeerConnection({ iceServers: [] }) as Peer;
}

function passCandidates(from: Peer, to: Peer): void {
  from.onicecandidate = ({ candidate }) => {
    if (candidate) to.addIceCandidate(candidate).catch(() => {});
  };
}

async function connect() {
  const [here, there] = [createPeer(), createPeer()];
  passCandidates(here, there);
  passCandidates(there, here);
  const asked = there.createDataChannel('message');
  const opened = new Promise<void>((resolve) => {
    asked.onopen = resolve;
  });
  const taken = new Promise<WrtcDataChannel>((resolve) => {
    here.ondatachannel = ({ channel }) => resolve(channel);
  });
  const offer = await there.createOffer();
  await there.setLocalDescription(offer);
  await here.setRemoteDescription(offer);
  const answer = await here.createAnswer();
  await here.setLocalDescription(answer);
  await there.setRemoteDescription(answer);
  await opened;
  return { here, there, channel: await taken };
}

for (let round = 0; round < Number(rounds); round++) {
  const { here, there, channel } = await connect();
  const closed = new Promise<void>((resolve) => {
    channel.onclose = resolve;
  });
  there.close();
  for (const until = performance.now() + SENDING_MS; performance.now() < until; ) {
    try {
      channel.send('Is anybody there?');
    } catch {
      break;
    }
  }
  await closed;
  here.close();
}
process.stdout.write(`${rounds} have left\n`);
// libwebrtc's threads do not end by themselves.
process.exit(0);

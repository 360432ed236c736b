import { expect, test } from 'vitest';
import { prepareAnswer, prepareOffer } from './sdp.ts';
import { OfferError } from './transport.ts';

const rates = { startKbps: 1500, minKbps: 150, maxKbps: 2800 };

function offer(options: { readonly codecs?: readonly string[]; readonly without?: string } = {}): string {
  const codecs = options.codecs ?? ['VP9', 'H264', 'VP8'];
  const sections = {
    audio: [
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP4 0.0.0.0',
      'a=mid:0',
      'a=rtpmap:111 opus/48000/2',
      'a=recvonly',
    ],
    video: [
      `m=video 9 UDP/TLS/RTP/SAVPF ${codecs.map((_, index) => 96 + index).join(' ')}`,
      'c=IN IP4 0.0.0.0',
      'a=mid:1',
      ...codecs.map((codec, index) => `a=rtpmap:${96 + index} ${codec}/90000`),
      'a=recvonly',
    ],
    application: [
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      'a=mid:2',
      'a=sctp-port:5000',
    ],
  };
  const lines = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0'];
  for (const [kind, section] of Object.entries(sections))
    if (kind !== options.without) lines.push(...section);
  return `${lines.join('\r\n')}\r\n`;
}

// keeps: perso-5.3-video
test('VP8 comes first whatever the offer prefers, and the bit rates are written in', () => {
  const prepared = prepareOffer(offer(), rates);
  expect(prepared).toContain('m=video 9 UDP/TLS/RTP/SAVPF 98 96 97');
  expect(prepared).toContain('c=IN IP4 0.0.0.0\r\nb=AS:2800');
  expect(prepared).toContain(
    'a=fmtp:98 x-google-start-bitrate=1500;x-google-min-bitrate=150;x-google-max-bitrate=2800',
  );
  expect(prepared.endsWith('\r\n')).toBe(true);
});

test('an offer without VP8 falls back to VP9, one with only H264 is refused with a reason', () => {
  expect(prepareOffer(offer({ codecs: ['H264', 'VP9'] }), rates)).toContain('SAVPF 97 96');
  expect(() => prepareOffer(offer({ codecs: ['H264'] }), rates)).toThrow(/VP8/);
});

test.each(['audio', 'video', 'application'])('an offer without %s is refused', (without) => {
  expect(() => prepareOffer(offer({ without }), rates)).toThrow(OfferError);
});

test.each([
  ['empty', ''],
  ['text', 'hello'],
  ['json', '{"type":"offer"}'],
  ['line without an equals sign', `${offer()}nonsense\r\n`],
  ['very long line', `${offer()}a=${'x'.repeat(5000)}\r\n`],
  ['very many lines', offer() + 'a=x\r\n'.repeat(5000)],
  ['repeated sections', offer() + offer().slice(offer().indexOf('m=audio'))],
])('hostile descriptions are refused: %s', (_, sdp) => {
  expect(() => prepareOffer(sdp, rates)).toThrow(OfferError);
});

const answer = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=candidate:1 1 udp 2122265343 192.0.2.2 47253 typ host generation 0',
  'a=candidate:2 1 tcp 1518280447 192.0.2.2 9 typ host tcptype passive',
  'a=candidate:3 1 udp 2122194687 fe80::1 51106 typ host',
  'a=candidate:4 1 udp 2122063615 127.0.0.1 47253 typ host',
  'a=candidate:5 1 udp 1677729535 198.51.100.7 60001 typ srflx raddr 192.0.2.2 rport 47253',
  'a=sendonly',
  '',
].join('\r\n');

// keeps: perso-5.3-candidates
test('an answer keeps UDP candidates that clients can use', () => {
  const prepared = prepareAnswer(answer, {});
  expect(prepared).not.toContain(' tcp ');
  expect(prepared).not.toContain('fe80');
  expect(prepared.match(/a=candidate/g)).toHaveLength(3);
});

test('with a media address host candidates name it once per port', () => {
  const prepared = prepareAnswer(answer, { mediaAddress: '203.0.113.9' });
  expect(prepared.match(/203\.0\.113\.9 47253/g)).toHaveLength(1);
  expect(prepared).not.toContain('192.0.2.2 47253 typ host');
  expect(prepared).toContain('198.51.100.7');
});

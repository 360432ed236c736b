/** Reads offers and edits session descriptions: codec choice, bit rates, candidates. Sections 5.2 and 5.3 of the contract. */
import net from 'node:net';
import { OfferError } from './transport.ts';

const MAX_SDP_LINES = 4000;
const MAX_LINE_CHARACTERS = 4096;
const MAX_SECTIONS = 8;

export interface BitRates {
  readonly startKbps: number;
  readonly minKbps: number;
  readonly maxKbps: number;
}

/**
 * Checks an offer and prepares it for the peer connection: VP8 first (every client generation decodes it), and the
 * video bit rates that our encoder shall keep to.
 * @throws {OfferError} when a section is missing, no codec fits, or the text is no session description.
 */
export function prepareOffer(sdp: string, rates: BitRates): string {
  const lines = sdp.split(/\r\n|\n/).filter((line) => line !== '');
  if (lines[0] !== 'v=0')
    throw new OfferError('client_sdp.sdp must be a session description that begins with v=0.');
  if (lines.length > MAX_SDP_LINES || lines.some((line) => line.length > MAX_LINE_CHARACTERS)) {
    throw new OfferError('client_sdp.sdp is longer than a WebRTC offer can be.');
  }
  const broken = lines.find((line) => !/^[a-z]=./.test(line));
  if (broken !== undefined) throw new OfferError('client_sdp.sdp holds a line that is not <letter>=<value>.');

  const sections = splitSections(lines);
  if (sections.media.length > MAX_SECTIONS)
    throw new OfferError('client_sdp.sdp has too many media sections.');
  const kinds = sections.media.map((section) => section[0]?.slice(2).split(' ')[0]);
  for (const [kind, what] of [
    ['audio', 'an audio section'],
    ['video', 'a video section'],
    ['application', 'a data channel (m=application)'],
  ] as const) {
    if (kinds.filter((present) => present === kind).length !== 1) {
      throw new OfferError(
        `The offer must hold exactly one of each: audio, video, data channel; ${what} is missing or repeated.`,
      );
    }
  }
  return joinSections({
    session: sections.session,
    media: sections.media.map((section) =>
      section[0]?.startsWith('m=video ') ? prepareVideoSection(section, rates) : section,
    ),
  });
}

/**
 * Keeps the UDP candidates that a client can use. With `mediaAddress` every host candidate names that address instead
 * (1:1 address translation), once per port.
 */
export function prepareAnswer(sdp: string, options: { readonly mediaAddress?: string | undefined }): string {
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const line of sdp.split('\r\n')) {
    if (!line.startsWith('a=candidate:')) {
      lines.push(line);
      continue;
    }
    const fields = line.slice('a=candidate:'.length).split(' ');
    const [foundation = '', , protocol = '', , address = '', port = '', , type] = fields;
    if (protocol.toLowerCase() !== 'udp' || /^fe80:/i.test(address)) continue;
    if (options.mediaAddress !== undefined && type === 'host') {
      if (net.isIP(address) !== net.isIP(options.mediaAddress)) continue;
      fields[4] = options.mediaAddress;
    }
    const key = `${fields[4]} ${port}`;
    if (seen.has(key)) continue;
    seen.add(key);
    lines.push(`a=candidate:${[foundation, ...fields.slice(1)].join(' ')}`);
  }
  return lines.join('\r\n');
}

function prepareVideoSection(section: readonly string[], rates: BitRates): string[] {
  const [media = '', ...attributes] = section;
  const payloadTypesOf = (codec: string): string[] =>
    attributes.flatMap((line) => {
      const match = /^a=rtpmap:(\d+) ([^/]+)\/90000/.exec(line);
      return match?.[1] !== undefined && match[2]?.toUpperCase() === codec ? [match[1]] : [];
    });
  const vp8 = payloadTypesOf('VP8');
  const preferred = vp8.length > 0 ? vp8 : [...payloadTypesOf('VP9'), ...payloadTypesOf('AV1')];
  if (preferred.length === 0) {
    throw new OfferError(
      'The offer must hold VP8 (VP9 and AV1 also work); none of them is in its video section.',
    );
  }
  const [kind, port, protocol, ...payloadTypes] = media.split(' ');
  const ordered = [...preferred, ...payloadTypes.filter((type) => !preferred.includes(type))];
  const first = preferred[0] ?? '';
  const parameters = `x-google-start-bitrate=${rates.startKbps};x-google-min-bitrate=${rates.minKbps};x-google-max-bitrate=${rates.maxKbps}`;
  const result = [[kind, port, protocol, ...ordered].join(' ')];
  // b= belongs right after c= when there is one (RFC 8866, section 5).
  const bandwidth = `b=AS:${rates.maxKbps}`;
  let bandwidthWritten = false;
  let parametersWritten = false;
  for (const line of attributes) {
    if (line.startsWith('b=')) continue;
    if (!bandwidthWritten && !line.startsWith('c=') && !line.startsWith('i=')) {
      result.push(bandwidth);
      bandwidthWritten = true;
    }
    if (line.startsWith(`a=fmtp:${first} `)) {
      result.push(`${line};${parameters}`);
      parametersWritten = true;
      continue;
    }
    result.push(line);
  }
  if (!parametersWritten) result.push(`a=fmtp:${first} ${parameters}`);
  return result;
}

interface Sections {
  readonly session: readonly string[];
  readonly media: readonly (readonly string[])[];
}

function splitSections(lines: readonly string[]): Sections {
  const session: string[] = [];
  const media: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) media.push([line]);
    else (media.at(-1) ?? session).push(line);
  }
  return { session, media };
}

function joinSections(sections: Sections): string {
  return `${[...sections.session, ...sections.media.flat()].join('\r\n')}\r\n`;
}

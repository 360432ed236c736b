/** Bytes of a text file as a string, whatever encoding it was saved in. */
import { DocumentError } from './document.ts';

interface LegacyEncoding {
  readonly label: string;
  /** Characters that make up a good part of any text in this encoding, and nearly none of one in another. */
  readonly usual: RegExp;
}

const LEGACY_ENCODINGS: readonly LegacyEncoding[] = [
  {
    label: 'euc-kr',
    usual: /[이다의는에을를가고하한로도사지은서해기과자어리시나있대인으니라여정아일그것부장들안]/gu,
  },
  { label: 'shift_jis', usual: /[\u3041-\u3093\u30a1-\u30f6]/gu },
  { label: 'euc-jp', usual: /[\u3041-\u3093\u30a1-\u30f6]/gu },
  {
    label: 'gb18030',
    usual: /[的一是不了在人有我他这中大来上国个到说们为子和你地出会也时要就可以对生能而]/gu,
  },
  { label: 'big5', usual: /[的一是不了在人有我他這中大來上國個到說們為子和你地出會也時要就可以對生能而]/gu },
];
/** Below this share of usual characters a text is not in that encoding. */
const MIN_USUAL_SHARE = 0.12;
const SAMPLE_CHARACTERS = 20_000;

/**
 * Decodes UTF-8, UTF-16 with a byte order mark, and the older encodings of Korean, Japanese, Chinese and Western text.
 * `declared` is an encoding that the text itself names.
 * @throws {DocumentError} when the bytes are not text.
 */
export function decodeText(bytes: Uint8Array, declared?: string): string {
  const [a, b, c] = bytes;
  if (a === 0xff && b === 0xfe) return checked(decode(bytes, 'utf-16le', false) ?? '');
  if (a === 0xfe && b === 0xff) return checked(decode(bytes, 'utf-16be', false) ?? '');
  const isMarkedUtf8 = a === 0xef && b === 0xbb && c === 0xbf;
  const text =
    decode(bytes, 'utf-8', true) ??
    (isMarkedUtf8 ? decode(bytes, 'utf-8', false) : undefined) ??
    (declared === undefined ? undefined : decode(bytes, declared, true)) ??
    decodeLegacy(bytes);
  return checked(text);
}

function decodeLegacy(bytes: Uint8Array): string {
  let best: { readonly share: number; readonly text: string } | undefined;
  for (const { label, usual } of LEGACY_ENCODINGS) {
    const text = decode(bytes, label, true);
    if (text === undefined) continue;
    const foreign =
      text
        .slice(0, SAMPLE_CHARACTERS)
        .match(/[^\p{ASCII}]/gu)
        ?.join('') ?? '';
    const share = (foreign.match(usual)?.length ?? 0) / Math.max(1, foreign.length);
    if (share >= MIN_USUAL_SHARE && share > (best?.share ?? 0)) best = { share, text };
  }
  return best?.text ?? decode(bytes, 'windows-1252', false) ?? '';
}

/** `undefined` for an unknown encoding, and with `fatal` for bytes that it does not have. */
function decode(bytes: Uint8Array, label: string, fatal: boolean): string | undefined {
  try {
    return new TextDecoder(label, { fatal }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Text has no NUL, and next to no other control characters. */
function checked(text: string): string {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is counted.
  const controls = sample.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g)?.length ?? 0;
  if (sample.includes('\0') || controls > sample.length / 50) {
    throw new DocumentError(
      'unsupported',
      'The file does not hold text. Upload a PDF, DOCX, Markdown, HTML or plain text file.',
    );
  }
  return text;
}

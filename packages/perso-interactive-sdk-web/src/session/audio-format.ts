/** The two audio formats the AI human can be given. */

/** `wav` or `mp3`, from a format name or media type given by the caller, else from the file's own type, else `wav`. */
export function normalizeAudioFormat(format: string | undefined, fileType: string): 'wav' | 'mp3' {
  return readFormat(format ?? '') ?? readFormat(fileType) ?? 'wav';
}

function readFormat(name: string): 'wav' | 'mp3' | undefined {
  const essence = name.replace(/;.*/s, '').trim().toLowerCase();
  if (/^(mp3|audio\/mp(3|eg))$/.test(essence)) return 'mp3';
  return /^(wav|audio\/(wave?|x-wav))$/.test(essence) ? 'wav' : undefined;
}

/** The two audio formats the AI human can be given. */

const formats: Readonly<Record<string, 'wav' | 'mp3'>> = {
  mp3: 'mp3',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  wav: 'wav',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
};

/** `wav` or `mp3`, from a format name or media type given by the caller, else from the file's own type, else `wav`. */
export function normalizeAudioFormat(format: string | undefined, fileType: string): 'wav' | 'mp3' {
  return lookUp(format ?? '') ?? lookUp(fileType) ?? 'wav';
}

function lookUp(name: string): 'wav' | 'mp3' | undefined {
  const [essence = ''] = name.split(';');
  const key = essence.trim().toLowerCase();
  // Names such as "constructor" are on every object.
  return Object.hasOwn(formats, key) ? formats[key] : undefined;
}

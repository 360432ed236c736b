/** Speech files that a visitor chose. */

/** @throws {Error} with one clear sentence unless the file is a .wav or .mp3 that holds sound. */
export async function checkSpeechFile(file: File): Promise<void> {
  const expected = 'choose a .wav or .mp3 file with speech.';
  if (!/\.(wav|mp3)$/i.test(file.name)) throw new Error(`${file.name} is no sound file: ${expected}`);
  const audio = new AudioContext();
  try {
    await audio.decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} holds no sound that can be played: ${expected}`);
  } finally {
    await audio.close();
  }
}

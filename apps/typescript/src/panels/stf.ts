/** A speech file that the AI human speaks. */

import { attempt, find } from '../page.ts';
import type { SessionPanel } from '../panel.ts';

export function createStfPanel(): SessionPanel {
  const drop = find('drop', HTMLElement);
  const input = find('file', HTMLInputElement);
  const name = find('file-name', HTMLElement);
  const play = find('play-file', HTMLButtonElement);
  const remove = find('remove-file', HTMLButtonElement);
  let file: File | undefined;
  let live = false;

  const show = (chosen: File | undefined): void => {
    file = chosen;
    name.textContent = chosen === undefined ? '' : `${chosen.name}, ${Math.ceil(chosen.size / 1024)} KB`;
    play.disabled = chosen === undefined;
    remove.disabled = chosen === undefined;
    if (chosen === undefined) input.value = '';
  };

  const choose = async (chosen: File | undefined): Promise<void> => {
    show(undefined);
    if (chosen === undefined) return;
    await checkSpeechFile(chosen);
    show(chosen);
  };

  input.onchange = () => attempt(() => choose(input.files?.[0]));
  remove.onclick = () => show(undefined);
  drop.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add('over');
  };
  drop.ondragleave = () => drop.classList.remove('over');
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (live) void attempt(() => choose(event.dataTransfer?.files[0]));
  };

  return {
    connect(session) {
      live = true;
      play.onclick = () =>
        attempt(async () => {
          if (file !== undefined) await session.processSTF(file);
        });
    },
    disconnect() {
      live = false;
    },
  };
}

/** @throws {Error} with one clear sentence unless the file is a .wav or .mp3 that holds sound. */
async function checkSpeechFile(file: File): Promise<void> {
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

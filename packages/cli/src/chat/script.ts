/** One exchange without a menu, for scripts: text or sound in; text, sound or JSON out. */
import path from 'node:path';
import { lengthWarning, readSound, soundSeconds, writeSound } from './audio/sound-files.ts';
import type { Conversation } from './conversation.ts';
import type { Host } from './programs.ts';

export interface Exchange {
  /** What is asked: text, or the path of a sound. */
  readonly question: { readonly message: string } | { readonly audio: string };
  /** Where the spoken answer is written. */
  readonly speech: string | undefined;
}

export interface ExchangeContext {
  readonly conversation: Conversation;
  readonly host: Host;
  readonly folder: string;
  readonly json: boolean;
  readonly write: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly signal: AbortSignal;
}

export async function runExchange(
  { question, speech }: Exchange,
  { conversation, host, folder, json, write, warn, signal }: ExchangeContext,
): Promise<void> {
  const tell = (event: object): void => {
    if (json) write(`${JSON.stringify(event)}\n`);
  };
  let message: string;
  let audioFile: string | undefined;
  if ('message' in question) message = question.message;
  else {
    audioFile = path.resolve(folder, question.audio);
    const audio = await readSound(audioFile);
    const warning = lengthWarning(await soundSeconds(audioFile, { host, signal }));
    if (warning !== undefined) warn(warning);
    message = await conversation.hear(audio, { signal });
    tell({ type: 'transcript', text: message });
  }
  let text = '';
  try {
    for await (const piece of conversation.answer(message, { signal })) {
      text += piece;
      if (json) tell({ type: 'sentence', text: piece });
      else write(piece);
    }
  } finally {
    if (!json && text !== '') write('\n');
  }
  const speechFile = speech === undefined ? undefined : path.resolve(folder, speech);
  if (speechFile !== undefined) await writeSound(speechFile, await conversation.speak(text, { signal }));
  tell({
    type: 'result',
    text,
    session_id: conversation.sessionId,
    ...(audioFile === undefined ? {} : { transcript: message, audio_file: audioFile }),
    ...(speechFile === undefined ? {} : { speech_file: speechFile }),
  });
}

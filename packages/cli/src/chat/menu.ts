/** The conversation by menu: seven items, until the user leaves. */
import { encodeWav } from '@visavox/audio';
import { CommandError } from '../client.ts';
import type { Capability, ChatApi } from './api.ts';
import { playFile } from './audio/players.ts';
import { RECORDING_RATE_HZ, startRecording } from './audio/recorders.ts';
import { lengthWarning, readSound, resolveTyped, saveSound, soundSeconds } from './audio/sound-files.ts';
import { openInBrowser } from './browser.ts';
import type { NamedChoices } from './choices.ts';
import type { Conversation } from './conversation.ts';
import type { Host } from './programs.ts';
import type { Prompter } from './prompter.ts';
import { type Screen, visible } from './screen.ts';

export interface MenuContext {
  readonly conversation: Conversation;
  readonly api: ChatApi;
  readonly apiKey: string;
  readonly names: NamedChoices;
  readonly screen: Screen;
  readonly prompter: Prompter;
  readonly host: Host;
  /** Where files are written, and what relative paths are relative to. */
  readonly folder: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

interface Item {
  readonly name: string;
  /** Without one of these it cannot be chosen. */
  readonly needs: readonly Capability[];
  /** Undefined: leaves. */
  readonly run: ((context: MenuContext) => Promise<void>) | undefined;
}

const ITEMS: readonly Item[] = [
  { name: 'Text chat', needs: ['LLM'], run: chatByText },
  { name: 'Voice chat (record)', needs: ['LLM', 'STT'], run: chatByVoice },
  { name: 'Voice file chat', needs: ['LLM', 'STT'], run: chatByFile },
  { name: 'Chat history', needs: [], run: showHistory },
  { name: 'Browser avatar', needs: [], run: openAvatar },
  { name: 'Available settings', needs: [], run: showSettings },
  { name: 'Exit', needs: [], run: undefined },
];

const LEAVE = /^(q|quit)$/i;

/** Resolves when the user leaves. What fails is told, and the menu comes again. */
export async function runMenu(context: MenuContext): Promise<void> {
  const { conversation, prompter, screen, signal } = context;
  for (;;) {
    screen.line();
    const item = await prompter.choose(
      'What would you like to do?',
      ITEMS.map((one) => ({
        value: one,
        name: one.name,
        disabled: one.needs.map((need) => conversation.unavailable(need)).find((why) => why !== undefined),
      })),
      { signal },
    );
    if (item.run === undefined) return;
    const { run } = item;
    await forgiving(context, () => run(context));
  }
}

/** Prints what a person can do something about; anything else ends the chat. */
async function forgiving({ screen, signal }: MenuContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CommandError)) throw error;
    screen.error(error.message);
  }
}

async function chatByText(context: MenuContext): Promise<void> {
  const { prompter, screen, signal } = context;
  screen.note('Type a message; "quit" or "q" leads back to the menu.');
  for (;;) {
    const message = (await prompter.ask('You:', { signal })).trim();
    if (LEAVE.test(message)) return;
    if (message === '') continue;
    await forgiving(context, async () => {
      const text = await printAnswer(context, message);
      if (context.conversation.unavailable('TTS') !== undefined) return;
      if (await prompter.confirm('Speak the answer?', { signal })) await speak(context, text);
    });
  }
}

async function chatByVoice(context: MenuContext): Promise<void> {
  const { host, prompter, screen, signal, folder } = context;
  const recording = await screen.during('Opening the microphone', () => startRecording({ host, signal }));
  const enough = new AbortController();
  try {
    const byItself = recording.over.finally(() => enough.abort());
    await prompter
      .ask('Recording. Press Enter to stop.', { signal: AbortSignal.any([signal, enough.signal]) })
      .catch(async (error: unknown) => {
        if (!enough.signal.aborted) throw error;
        // Tells why the recorder ended; silent when it had recorded as much as it may.
        await byItself;
      });
    byItself.catch(() => {});
    const clip = await recording.stop();
    const wav = encodeWav(clip);
    const file = await saveSound(folder, 'recorded', wav, context.now());
    screen.note(`Saved ${file}`);
    const audio = new File([wav], 'recorded.wav', { type: 'audio/wav' });
    await converse(context, audio, clip.samples.length / RECORDING_RATE_HZ);
  } finally {
    await recording.close();
  }
}

async function chatByFile(context: MenuContext): Promise<void> {
  const { folder, host, prompter, signal } = context;
  const typed = await prompter.ask('Audio file:', { signal });
  if (typed.trim() === '' || LEAVE.test(typed.trim())) return;
  const file = resolveTyped(typed, folder, host.platform === 'win32');
  const audio = await readSound(file);
  await converse(context, audio, await soundSeconds(file, { host, signal }));
}

/** Sound in, answer out, spoken where there is a voice. */
async function converse(context: MenuContext, audio: File, seconds: number | undefined): Promise<void> {
  const { conversation, screen, signal } = context;
  const warning = lengthWarning(seconds);
  if (warning !== undefined) screen.warn(warning);
  const heard = await screen.during('Listening', () => conversation.hear(audio, { signal }));
  screen.line(`You: ${visible(heard)}`);
  const text = await printAnswer(context, heard);
  if (conversation.unavailable('TTS') === undefined) await speak(context, text);
}

async function printAnswer({ conversation, screen, signal }: MenuContext, message: string): Promise<string> {
  const pieces = conversation.answer(message, { signal })[Symbol.asyncIterator]();
  // Until the first piece is there, nothing of the answer is printed that an error would have to follow.
  const first = await screen.during('Thinking', () => pieces.next());
  return screen.speech('AI', joined(first, pieces));
}

async function* joined(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let result = first; result.done !== true; result = await rest.next()) yield result.value;
  } finally {
    await rest.return?.();
  }
}

async function speak(context: MenuContext, text: string): Promise<void> {
  const { conversation, folder, host, screen, signal } = context;
  const wav = await screen.during('Preparing speech', () => conversation.speak(text, { signal }));
  const file = await saveSound(folder, 'ai_response', wav, context.now());
  screen.note(`Saved ${file}`);
  await screen.during('Playing', () => playFile(file, { host, signal }));
}

async function showHistory({ conversation, screen }: MenuContext): Promise<void> {
  if (conversation.turns.length === 0) screen.line('Nothing was said yet.');
  for (const { role, text } of conversation.turns) screen.line(`${role}: ${visible(text)}`);
}

async function openAvatar({ api, apiKey, host, screen, signal }: MenuContext): Promise<void> {
  screen.line('The page shows the AI human and makes a session of its own, independent of this one.');
  screen.line('AI human, language model, voice, prompt, background and position are chosen there.');
  const page = `${api.server}/`;
  const opened = await screen.during('Opening the browser', () =>
    openInBrowser(`${page}#key=${encodeURIComponent(apiKey)}`, { host, signal }),
  );
  screen.line(
    opened
      ? `The page is open: ${page}`
      : `No browser could be opened here. Open ${page} yourself; it asks for the API key.`,
  );
}

const LISTS = [
  { kind: 'llm_type', name: 'LLM types', choice: 'llmType' },
  { kind: 'tts_type', name: 'TTS types', choice: 'ttsType' },
  { kind: 'modelstyle', name: 'Model styles', choice: 'modelStyle' },
] as const;

async function showSettings(context: MenuContext): Promise<void> {
  const { api, names, prompter, screen, signal } = context;
  for (;;) {
    const list = await prompter.choose(
      'Which settings?',
      [...LISTS.map((one) => ({ value: one, name: one.name })), { value: undefined, name: 'Back' }],
      { signal },
    );
    if (list === undefined) return;
    await forgiving(context, async () => {
      const entries = await screen.during('Loading', () => api.list(list.kind, { signal }));
      if (entries.length === 0) screen.line('The server has none.');
      for (const { name, displayName } of entries) {
        const described =
          displayName === undefined || displayName === name ? name : `${name} - ${displayName}`;
        screen.line(visible(name === names[list.choice] ? `${described} (in use)` : described));
      }
    });
  }
}

/** Code shown in the docstrings of `Session` and `createSession`. */

import type { ChatTool } from '../chat-tool.ts';
import { ApiError, LLMError, STTError, TTSError } from '../errors.ts';
import { createSession } from './create-session.ts';
import type { Session } from './session.ts';

export async function create(sessionId: string, weatherTool: ChatTool): Promise<Session> {
  // #region create-session
  const session = await createSession({
    apiServer: 'https://visavox.example.com',
    sessionId,
    width: 1080,
    height: 1920,
    clientTools: [weatherTool],
  });
  // #endregion
  return session;
}

export async function conversation(sessionId: string, video: HTMLVideoElement): Promise<void> {
  // #region conversation
  const session = await createSession({
    apiServer: 'https://visavox.example.com',
    sessionId,
    width: 1080,
    height: 1920,
  });
  session.setSrc(video);
  session.subscribeChatLog((log) => console.log(log[0]?.text));
  session.setErrorHandler((error) => console.error(error));
  await session.processChat('Hello!');
  // #endregion
}

export async function processChat(session: Session): Promise<void> {
  // #region process-chat
  await session.processChat('What can I see in Seoul?');
  // #endregion
}

export async function processLlm(session: Session): Promise<void> {
  // #region process-llm
  const controller = new AbortController();
  for await (const chunk of session.processLLM({ message: 'How are you?', signal: controller.signal })) {
    if (chunk.type === 'message' && chunk.finish) session.processTTSTF(chunk.message);
    if (chunk.type === 'error') console.error(chunk.error);
  }
  // #endregion
}

export function speak(session: Session): void {
  // #region speak
  session.processTTSTF('Welcome! How may I help you?');
  // #endregion
}

export async function processTts(session: Session): Promise<void> {
  // #region process-tts
  const blob = await session.processTTS('Hello, world!', { locale: 'en' });
  if (blob !== undefined) {
    const audio = new Audio(URL.createObjectURL(blob));
    audio.onended = () => URL.revokeObjectURL(audio.src);
    await audio.play();
  }
  // #endregion
}

export async function processStf(session: Session): Promise<void> {
  // #region process-stf
  const speech = await session.processTTS('Hello!');
  if (speech !== undefined) await session.processSTF(speech, speech.type, 'Hello!');
  // #endregion
}

export async function transcribe(session: Session, file: File): Promise<void> {
  // #region transcribe
  const text = await session.transcribeAudio(file, 'ko');
  // #endregion
  console.log(text);
}

export async function stt(session: Session, userIsDone: Promise<void>): Promise<void> {
  // #region stt
  await session.startProcessSTT(30_000);
  await userIsDone;
  try {
    const text = await session.stopProcessSTT('en');
    if (text.trim() !== '') await session.processChat(text);
  } catch (error) {
    if (error instanceof STTError) console.error(error.underlyingError.detail);
    else throw error;
  }
  // #endregion
}

export function subscribe(session: Session, button: HTMLButtonElement): void {
  // #region subscribe
  const unsubscribe = session.subscribeChatStates((states) => {
    button.disabled = states.size > 0;
  });
  // #endregion
  unsubscribe();
}

export function errors(session: Session): void {
  // #region errors
  session.setErrorHandler((error) => {
    if (error instanceof LLMError || error instanceof TTSError) {
      const cause = error.underlyingError;
      console.error(cause instanceof ApiError ? cause.detail : cause.description);
    } else {
      console.error(error);
    }
  });
  // #endregion
}

export function onClose(session: Session): void {
  // #region on-close
  session.onClose(async (manualClosed, close) => {
    if (manualClosed) return;
    console.error('Session ended:', close.cause, await close.terminationReason());
  });
  // #endregion
}

export function connection(session: Session, notice: HTMLElement): void {
  // #region connection
  session.subscribeConnection((state) => {
    notice.hidden = state !== 'recovering';
  });
  // #endregion
}

export function timings(session: Session): void {
  // #region timings
  session.subscribeTimings(({ turn, firstTextMs, spokenMs }) => {
    if (spokenMs !== undefined)
      console.log(`Turn ${turn}: text after ${firstTextMs} ms, speech after ${spokenMs} ms`);
  });
  // #endregion
}

export async function milestones(sessionId: string): Promise<void> {
  // #region milestones
  await createSession({
    apiServer: 'https://visavox.example.com',
    sessionId,
    width: 1080,
    height: 1920,
    onMilestone: ({ name, atMs }) => console.log(name, Math.round(atMs)),
  });
  // #endregion
}

export async function signals(sessionId: string, cancelButton: HTMLButtonElement): Promise<void> {
  // #region signals
  const controller = new AbortController();
  cancelButton.onclick = () => controller.abort(new Error('The user has left'));
  const { signal } = controller;
  const session = await createSession({
    apiServer: 'https://visavox.example.com',
    sessionId,
    width: 1080,
    height: 1920,
    signal,
  });
  await session.processChat('Tell me a long story.', { signal });
  // #endregion
}

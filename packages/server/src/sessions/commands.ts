/** What clients ask for on the data channel, section 6.2: speak, clear, converse, listen, change the picture. */
import type { PcmClip } from '@visavox/audio';
import type { ClientPacket, LlmMessage, ServerPacket } from '@visavox/contract';
import type { MediaSession } from '../media/pool.ts';
import type { SessionRow } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { detectLanguage, splitSentences } from '../text/index.ts';
import type { Speaker } from '../turns/speak.ts';
import type { Conversation } from './conversation.ts';
import { hasCapability } from './features.ts';

export interface CommandOptions {
  readonly row: SessionRow;
  readonly media: Pick<MediaSession, 'send' | 'clear'>;
  readonly speaker: Speaker;
  readonly conversation: Conversation;
  /** Sound of an uploaded file; undefined when the reference is unknown or the file is empty. */
  readonly loadUpload: (
    fileRef: string,
    options: { readonly signal: AbortSignal },
  ) => Promise<PcmClip | undefined>;
  /** Text of a recording, by the session's recogniser and rules; `''` when nothing was said. */
  readonly transcribe: (
    clip: PcmClip,
    options: { readonly language: string | undefined; readonly signal: AbortSignal },
  ) => Promise<string>;
  readonly setTemplate: (wish: { readonly model?: string; readonly dress?: string }) => void;
  readonly log: Log;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
}

export interface Commands {
  /** `recording`: the sound between `record-start` and the command; undefined when the client sends none. */
  handle(packet: ClientPacket, recording?: PcmClip | undefined): void;
}

/** Codes of `stt-error` and `translate-error`; clients only look at whether it came. */
const NOT_POSSIBLE = 400;
const FAILED = 500;

export function createCommands(options: CommandOptions): Commands {
  const { row, media, speaker, conversation, log, signal } = options;
  /** The spoken answer that is on its way; a clear or the next question ends it. */
  let answering = new AbortController();

  const failed = (error: unknown, packet: ServerPacket): void => {
    if (signal.aborted) return;
    log.warn({ err: error, sessionId: row.id }, 'a command could not be carried out');
    media.send(packet);
  };

  const chat = async (message: string, history: readonly LlmMessage[]): Promise<void> => {
    answering.abort();
    answering = new AbortController();
    const turn = AbortSignal.any([signal, answering.signal]);
    try {
      if (!hasCapability(row, 'LLM') && row.llmType === null) {
        throw new Error('The session has no language model.');
      }
      const events = conversation.answer(
        { messages: [...history, { role: 'user', content: message }], clientTools: [] },
        { signal: turn },
      );
      for await (const event of events) {
        if (event.type === 'message' && event.content.trim() !== '') speaker.say(event.content.trim());
      }
    } catch (error) {
      // There is no error packet for a chat; this one takes the client back to "available".
      if (!turn.aborted) failed(error, { type: 'stt-error', data: { code: FAILED } });
    }
  };

  const listen = async (recording: PcmClip | undefined, language: string | undefined): Promise<void> => {
    if (recording === undefined || !mayListen(row)) {
      media.send({ type: 'stt-error', data: { code: NOT_POSSIBLE } });
      return;
    }
    try {
      const text = await options.transcribe(recording, { language, signal });
      media.send({ type: 'stt', data: { text } });
    } catch (error) {
      failed(error, { type: 'stt-error', data: { code: FAILED } });
    }
  };

  const translate = async (
    recording: PcmClip | undefined,
    from: string | undefined,
    to: string | undefined,
  ): Promise<void> => {
    if (recording === undefined || to === undefined || !mayListen(row)) {
      media.send({ type: 'translate-error', data: { code: NOT_POSSIBLE } });
      return;
    }
    try {
      const heard = await options.transcribe(recording, { language: from, signal });
      const text = heard === '' ? '' : await conversation.translate(heard, { from, to, signal });
      media.send({ type: 'stt', data: { text } });
    } catch (error) {
      failed(error, { type: 'translate-error', data: { code: FAILED } });
    }
  };

  return {
    handle(packet, recording) {
      switch (packet.type) {
        case 'ttstf':
          speaker.say(packet.data.message);
          return;
        case 'stf':
          speaker.play({
            name: packet.data.file_ref,
            message: packet.data.message,
            announceStf: !row.legacyClient,
            load: ({ signal: load }) => options.loadUpload(packet.data.file_ref, { signal: load }),
          });
          return;
        case 'clear-buffer':
          answering.abort();
          speaker.clear();
          media.clear();
          return;
        case 'chat':
          void chat(packet.data.message, packet.data.history.map(toMessage));
          return;
        case 'hello':
          conversation.introMessage().then(
            // One stf for each sentence, section 6.4: these clients show its text.
            (message) => {
              for (const sentence of splitSentences(message, { language: detectLanguage(message) })) {
                if (sentence.trim() !== '') speaker.say(sentence.trim());
              }
            },
            (error: unknown) => failed(error, { type: 'stt-error', data: { code: FAILED } }),
          );
          return;
        case 'record-end-stt':
          void listen(recording, packet.data.language);
          return;
        case 'record-end-translate':
          void translate(recording, packet.data.src_lang, packet.data.dst_lang);
          return;
        case 'set-template': {
          const { model, dress } = packet.data;
          options.setTemplate({
            ...(model === null || model === undefined ? {} : { model }),
            ...(dress === null || dress === undefined ? {} : { dress }),
          });
          return;
        }
        case 'record-start':
        case 'renew-session':
        case 'leave':
        case 'ping':
        case 'change-size':
          return;
      }
    },
  };
}

/** The older generations name a recogniser, or none at all, without declaring the capability. */
function mayListen(row: SessionRow): boolean {
  return hasCapability(row, 'STT') || row.sttType !== null || row.legacyClient;
}

/** The first generation calls the two sides Human and AI. */
function toMessage(entry: { readonly role: string; readonly content: string }): LlmMessage {
  const isUser = /^(human|user)$/i.test(entry.role);
  return { role: isUser ? 'user' : 'assistant', content: entry.content };
}

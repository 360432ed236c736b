/** One run of the chat: builds its parts, carries on the conversation, and ends the session however that ends. */
import type { EndReason, Surroundings } from '../surroundings.ts';
import type { Capability, ChatApi, SessionParameters } from './api.ts';
import { createChatSession } from './chat-session.ts';
import { chooseNames, type NamedChoices } from './choices.ts';
import { createConversation } from './conversation.ts';
import { runMenu } from './menu.ts';
import { createPlainPrompter, createRichPrompter, InputEnded, Interrupted } from './prompter.ts';
import { createScreen, visible } from './screen.ts';
import { type Exchange, runExchange } from './script.ts';
import { displayOf, type Terminal } from './terminal.ts';

export interface ChatOptions {
  readonly api: ChatApi;
  readonly key: string;
  readonly surroundings: Surroundings;
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Names that the user gave. */
  readonly given: NamedChoices;
  readonly capability: readonly Capability[];
  /** The rest of what the session is created with. */
  readonly parameters: Omit<
    SessionParameters,
    'capability' | 'llm_type' | 'tts_type' | 'stt_type' | 'model_style'
  >;
  readonly language: string | undefined;
  /** Undefined: by menu. */
  readonly exchange: Exchange | undefined;
}

/** Codes of a shell: 128 and the number of the signal. Whose output nobody reads any more has done its work. */
const EXIT_CODES: Readonly<Record<EndReason, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
  'output-closed': 0,
};

/** Resolves with the exit code. */
export async function runChat(options: ChatOptions): Promise<number> {
  const { surroundings } = options;
  const stop = new AbortController();
  let reason: EndReason | undefined;
  const forget = surroundings.onEnd?.((why) => {
    reason ??= why;
    stop.abort(new Interrupted());
  });
  try {
    await carryOn(options, stop.signal);
    return 0;
  } catch (error) {
    if (reason !== undefined) return EXIT_CODES[reason];
    if (error instanceof InputEnded) return 0;
    if (error instanceof Interrupted) return EXIT_CODES.SIGINT;
    throw error;
  } finally {
    forget?.();
  }
}

async function carryOn(options: ChatOptions, signal: AbortSignal): Promise<void> {
  const { api, exchange, json, surroundings, terminal } = options;
  const display = displayOf(terminal, surroundings.environment);
  const screen = createScreen(terminal, display);
  // Programs read standard output: what is said beside the answer goes elsewhere then.
  const notice = (text: string): void => {
    if (json) surroundings.writeError(`${JSON.stringify({ type: 'notice', message: text })}\n`);
    else if (exchange === undefined) screen.warn(text);
    else surroundings.writeError(`${text}\n`);
  };
  const chosen = await chooseNames(api, options.given, options.capability, { signal });
  for (const note of chosen.notes) notice(note);
  const { names, capability } = chosen;
  const session = createChatSession({
    api,
    parameters: {
      capability: [...capability],
      llm_type: names.llmType,
      tts_type: names.ttsType,
      stt_type: names.sttType,
      model_style: names.modelStyle,
      ...options.parameters,
    },
    onReplaced: (why) => notice(`${why} A new session begins; it does not know what was said before.`),
  });
  const conversation = createConversation({
    api,
    session,
    language: options.language,
    unavailable: whyUnavailable(capability, chosen.missing),
  });
  const host = { platform: process.platform, environment: surroundings.environment };
  const folder = surroundings.directory;
  try {
    if (exchange !== undefined) {
      const write = terminal.output.isTTY === true ? visible : (text: string) => text;
      await runExchange(exchange, {
        ...{ conversation, host, folder, json, signal },
        write: (text) => surroundings.write(write(text)),
        warn: notice,
      });
      return;
    }
    const prompter = display.interactive ? await createRichPrompter(terminal) : createPlainPrompter(terminal);
    try {
      screen.title('AI Avatar Chat System');
      screen.note(
        [api.server, names.llmType, names.ttsType].filter((part) => part !== undefined).join(' · '),
      );
      await runMenu({
        ...{ conversation, api, names, screen, prompter, host, folder, signal },
        apiKey: options.key,
        now: () => new Date(),
      });
    } finally {
      prompter.close();
    }
  } finally {
    await session.close(signal.aborted ? 'interrupted' : 'exit');
  }
}

function whyUnavailable(
  capability: readonly Capability[],
  missing: Readonly<Partial<Record<Capability, string>>>,
): Readonly<Partial<Record<Capability, string>>> {
  const all: readonly Capability[] = ['LLM', 'TTS', 'STT'];
  return Object.fromEntries(
    all
      .filter((one) => !capability.includes(one))
      .map((one) => [one, missing[one] ?? `needs the capability ${one}`]),
  );
}

/** `visavox chat`: the AI Avatar Chat System, a conversation by text and voice in a terminal. */
import { text as readAll } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { type Capability, createChatApi, type SettingKind } from '../chat/api.ts';
import { USUAL_NAMES } from '../chat/choices.ts';
import { ChatFailure } from '../chat/failure.ts';
import { type ChatOptions, runChat } from '../chat/run.ts';
import { CommandError } from '../client.ts';
import { findKey, findServer, type GlobalOptions } from '../context.ts';
import { Exit } from '../exit.ts';
import { parseNumber } from '../files.ts';
import { createOutput } from '../output.ts';
import type { Surroundings } from '../surroundings.ts';

const CAPABILITIES: readonly Capability[] = ['LLM', 'TTS', 'STT'];
const LISTABLE: readonly SettingKind[] = ['llm_type', 'tts_type', 'modelstyle'];

interface Flags extends GlobalOptions {
  readonly apiServer?: string;
  readonly apiKey?: string;
  readonly llmType?: string;
  readonly ttsType?: string;
  readonly sttType?: string;
  readonly modelStyle?: string;
  readonly prompt?: string;
  readonly document?: string;
  readonly capability: readonly Capability[];
  readonly agent?: string;
  readonly mcpServers?: readonly string[];
  readonly tools?: readonly string[];
  readonly backgroundImage?: string;
  readonly paddingLeft?: number;
  readonly paddingTop?: number;
  readonly paddingHeight?: number;
  readonly language?: string;
  readonly listSettings?: SettingKind;
  readonly message?: string;
  readonly audio?: string;
  readonly speech?: string;
}

export function addChat(program: Command, surroundings: Surroundings): void {
  program
    .command('chat')
    .description('talk to an AI human in this terminal, by text and voice')
    .option('--api-server <url>', 'the server (default: VISAVOX_PUBLIC_URL, or this machine)')
    .option(
      '--api-key <key>',
      "the key (default: EST_LIVE_API_KEY, then VISAVOX_API_KEY, then this machine's own)",
    )
    .option('--llm-type <name>', `language model (default: ${USUAL_NAMES.llmType})`)
    .option('--tts-type <name>', `voice (default: ${USUAL_NAMES.ttsType})`)
    .option('--stt-type <name>', `speech recogniser (default: ${USUAL_NAMES.sttType})`)
    .option('--model-style <name>', `AI human (default: ${USUAL_NAMES.modelStyle})`)
    .option('--prompt <id>', 'what the AI human is told to be')
    .option('--document <id>', 'what it looks things up in')
    .addOption(
      new Option('--capability <names...>', 'what the session can do; a part switches items of the menu off')
        .choices(CAPABILITIES)
        .default(CAPABILITIES, CAPABILITIES.join(' ')),
    )
    .option('--language <tag>', 'what is spoken in recordings, e.g. ko (default: the server finds out)')
    .option('--agent <id>', 'agent of the session')
    .option('--mcp-servers <ids...>', 'tool servers of the session')
    .option('--tools <names...>', 'tools of the session')
    .option('--background-image <id>', 'background of the AI human')
    .option('--padding-left <number>', 'its place, -1 to 1', parseNumber)
    .option('--padding-top <number>', 'its place, 0 to 1', parseNumber)
    .option('--padding-height <number>', 'its size, 0 to 5', parseNumber)
    .addOption(
      new Option('--list-settings <list>', 'print the names to choose from, and end').choices(LISTABLE),
    )
    .option('--message <text>', 'ask this, print the answer and end; - reads it from standard input')
    .option('--audio <file>', 'ask what is said in this file, print the answer and end')
    .option('--speech <file>', 'with --message or --audio: write the spoken answer to this WAV file')
    .action(async (_options, command: Command) => {
      const flags = command.optsWithGlobals<Flags>();
      checkUsage(flags, command);
      try {
        await chat(flags, surroundings);
      } catch (error) {
        if (flags.json !== true || !(error instanceof CommandError)) throw error;
        const { status, code } = error instanceof ChatFailure ? error : { status: undefined, code: 'failed' };
        const told = {
          type: 'error',
          code,
          ...(status === undefined ? {} : { status }),
          message: error.message,
        };
        surroundings.writeError(`${JSON.stringify(told)}\n`);
        throw new Exit(1);
      }
    });
}

function checkUsage(flags: Flags, command: Command): void {
  const refuse = (text: string): never => command.error(`error: ${text}`, { exitCode: 2 });
  const asks = flags.message !== undefined || flags.audio !== undefined;
  if (flags.message !== undefined && flags.audio !== undefined) {
    refuse('--message and --audio cannot be used together.');
  }
  if (flags.speech !== undefined && !asks) refuse('--speech needs --message or --audio.');
  if (flags.json === true && !asks && flags.listSettings === undefined) {
    refuse('--json needs --message, --audio or --list-settings.');
  }
  if (flags.organization !== undefined) {
    refuse("chat acts for the key's own organization; --organization cannot be used.");
  }
}

async function chat(flags: Flags, surroundings: Surroundings): Promise<void> {
  const { terminal, environment } = surroundings;
  if (terminal === undefined) throw new Error('A chat needs standard input and output.');
  const server = findServer(flags.apiServer ?? flags.server, environment, '--api-server');
  const key = await findKey(flags.apiKey ?? flags.key, surroundings, {
    flag: '--api-key',
    variables: ['EST_LIVE_API_KEY', 'VISAVOX_API_KEY'],
  });
  const api = createChatApi({ server, key });
  if (flags.listSettings !== undefined) {
    const entries = await api.list(flags.listSettings, {});
    if (flags.json === true) {
      createOutput(surroundings.write, true).list(
        entries.map(({ name, displayName }) => ({ name, display_name: displayName ?? null })),
        [],
        '',
      );
    } else {
      surroundings.write(entries.map(({ name }, index) => `${index + 1}. ${name}\n`).join(''));
    }
    return;
  }
  const code = await runChat(await toChatOptions(flags, { api, key, surroundings, terminal }));
  if (code !== 0) throw new Exit(code);
}

async function toChatOptions(
  flags: Flags,
  { api, key, surroundings, terminal }: Pick<ChatOptions, 'api' | 'key' | 'surroundings' | 'terminal'>,
): Promise<ChatOptions> {
  return {
    api,
    key,
    surroundings,
    terminal,
    json: flags.json === true,
    given: {
      llmType: flags.llmType,
      ttsType: flags.ttsType,
      sttType: flags.sttType,
      modelStyle: flags.modelStyle,
    },
    // In the usual order, each once.
    capability: CAPABILITIES.filter((one) => flags.capability.includes(one)),
    parameters: {
      prompt: flags.prompt,
      document: flags.document,
      agent: flags.agent,
      mcp_servers: flags.mcpServers === undefined ? undefined : [...flags.mcpServers],
      tools: flags.tools === undefined ? undefined : [...flags.tools],
      background_image: flags.backgroundImage,
      padding_left: flags.paddingLeft,
      padding_top: flags.paddingTop,
      padding_height: flags.paddingHeight,
    },
    language: flags.language,
    exchange: await toExchange(flags, terminal.input),
  };
}

async function toExchange(
  { message, audio, speech }: Flags,
  input: NodeJS.ReadableStream,
): Promise<ChatOptions['exchange']> {
  if (audio !== undefined) return { question: { audio }, speech };
  if (message === undefined) return undefined;
  const text = message === '-' ? await readAll(input) : message;
  if (text.trim() === '') throw new CommandError('--message is empty: there is nothing to ask.');
  return { question: { message: text.trim() }, speech };
}

/** `visavox chat` as users have it: the built command, in a pseudo-terminal and in pipes, against a real server. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import type { ConversationVendor } from '../src/conversation-vendor.ts';
import {
  browserThatNotes,
  COMPLAINING,
  createChatVendor,
  createPrograms,
  FIRST_SENTENCE,
  noteDown,
  RECORDER,
  SLOWLY,
  startBreakingServer,
} from './chat-fakes.ts';
import { type PipedOptions, type PipedResult, runPiped } from './chat-piped.ts';
import { loadPty, runInTerminal, type TerminalRun } from './chat-terminal.ts';

// Printed JSON is looked into field by field; a wrong shape fails the expectation.
type Json = any;

const PACKAGE = fileURLToPath(new URL('../../packages/cli', import.meta.url));
const MAIN = path.join(PACKAGE, 'dist', 'main.js');
const ENTER = '\r';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const DOWN = '\u001b[B';

const pty = await loadPty();

let server: RunningServer;
let api: Api;
let vendor: ConversationVendor;
let folder: string;
let programs: string;

beforeAll(async () => {
  const rolldown = path.join(PACKAGE, 'node_modules', 'rolldown', 'bin', 'cli.mjs');
  await promisify(execFile)(process.execPath, [rolldown, '--config', 'rolldown.config.ts'], { cwd: PACKAGE });
  vendor = createChatVendor();
  server = await startTestServer({ providers: [vendor.provider] });
  api = createApi(server);
});
afterAll(() => server?.close());

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-chat-'));
  programs = path.join(folder, 'programs');
  await createPrograms(programs, {});
});
afterEach(async () => {
  vendor.script.answer = () => 'Hello there. How are you?';
  await rm(folder, { recursive: true, force: true });
});

/** Only what a test puts there is found. */
const surroundings = (more: Readonly<Record<string, string>> = {}) => ({
  PATH: programs,
  HOME: folder,
  TERM: 'xterm-256color',
  VISAVOX_PUBLIC_URL: server.url,
  VISAVOX_API_KEY: server.apiKey,
  ...more,
});

const lastSession = async (): Promise<Json> => (await api.get('session/?limit=1')).results[0];
const files = async (start: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith(start));

/** A WAV file with a tone. */
async function writeTone(name: string, seconds: number): Promise<string> {
  const rate = 16_000;
  const bytes = Buffer.alloc(44 + seconds * rate * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  for (const [at, size, value] of [
    [16, 4, 16],
    [20, 2, 1],
    [22, 2, 1],
    [24, 4, rate],
    [28, 4, rate * 2],
    [32, 2, 2],
    [34, 2, 16],
  ] as const) {
    bytes.writeUIntLE(value, at, size);
  }
  bytes.write('data', 36);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  for (let i = 0; i < seconds * rate; i++)
    bytes.writeInt16LE(Math.round(8000 * Math.sin(i * 0.2)), 44 + i * 2);
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}

describe.skipIf(pty === undefined)('in a terminal', () => {
  let run: TerminalRun | undefined;

  const open = (
    words: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
    columns?: number,
  ): TerminalRun => {
    if (pty === undefined) throw new Error('There is no pseudo-terminal.');
    run = runInTerminal(pty, ['chat', ...words], {
      main: MAIN,
      folder,
      environment: surroundings(environment),
      ...(columns === undefined ? {} : { columns }),
    });
    return run;
  };
  /** Chooses an item of the menu by its number. */
  const choose = async (terminal: TerminalRun, item: number, name: string): Promise<void> => {
    await terminal.waitFor('select');
    terminal.type(`${item}${ENTER}`);
    await terminal.waitFor(new RegExp(`✔ [^\\n]*\\? ${name.replace(/[()]/g, '.')}`));
  };
  const leave = async (terminal: TerminalRun): Promise<void> => {
    await choose(terminal, 7, 'Exit');
    expect(await terminal.ended).toBe(0);
  };

  afterEach(() => {
    run?.kill('SIGKILL');
    run = undefined;
  });

  test('text chat: the answer, spoken on wish, the history, and the end of the session', async () => {
    const played = path.join(folder, 'played');
    await createPrograms(programs, { aplay: noteDown(played) });
    const terminal = open();
    await choose(terminal, 1, 'Text chat');
    await terminal.waitFor('You:');
    terminal.type(`Hello${ENTER}`);
    await terminal.waitFor('AI: Hello there. How are you?');
    await terminal.waitFor('Speak the answer? (y/N)');
    const session = await lastSession();
    expect(session).toMatchObject({ status: 'IN_PROGRESS', llm_type: { name: 'gpt-35' } });
    terminal.type(`y${ENTER}`);
    await terminal.waitFor('Saved ');
    await terminal.waitFor('You:');
    const [spoken = ''] = await files('ai_response_');
    expect(spoken).toMatch(/^ai_response_\d{8}_\d{6}\.wav$/);
    expect((await readFile(path.join(folder, spoken))).subarray(0, 4).toString()).toBe('RIFF');
    expect(await readFile(played, 'utf8')).toBe(`${JSON.stringify(['-q', path.join(folder, spoken)])}\n`);
    terminal.type(`And again${ENTER}`);
    await terminal.waitFor('Speak the answer?');
    terminal.type(ENTER);
    await terminal.waitFor('You:');
    terminal.type(`quit${ENTER}`);
    await choose(terminal, 4, 'Chat history');
    const history = await terminal.waitFor('What would you like');
    expect(history).toContain(
      'Human: Hello\nAI: Hello there. How are you?\nHuman: And again\nAI: Hello there. How are you?\n',
    );
    await leave(terminal);
    expect(await files('ai_response_')).toHaveLength(1);
    expect(await api.session(session.session_id)).toMatchObject({
      status: 'TERMINATED',
      termination_reason: 'GRACEFUL_TERMINATION',
    });
    // The server kept the conversation.
    expect(vendor.asked.at(-1)?.filter((line) => line.startsWith('user: '))).toEqual([
      'user: Hello',
      'user: And again',
    ]);
  });

  test('voice chat: what is recorded until Enter is heard, answered and played', async () => {
    const played = path.join(folder, 'played');
    const recorded = path.join(folder, 'called');
    await createPrograms(programs, { arecord: noteDown(recorded) + RECORDER, aplay: noteDown(played) });
    const terminal = open();
    await choose(terminal, 2, 'Voice chat (record)');
    await terminal.waitFor('Press Enter to stop.');
    terminal.type(ENTER);
    await terminal.waitFor(/You: heard \d+\.\d\d s in any/);
    await terminal.waitFor('AI: Hello there. How are you?');
    await leave(terminal);
    expect(JSON.parse(await readFile(recorded, 'utf8'))).toEqual(
      expect.arrayContaining(['S16_LE', '1', '16000']),
    );
    const [file = ''] = await files('recorded_');
    expect(file).toMatch(/^recorded_\d{8}_\d{6}\.wav$/);
    const wav = await readFile(path.join(folder, file));
    expect([wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)]).toEqual([1, 16_000, 16]);
    expect(wav.length).toBeGreaterThanOrEqual(44 + 3200);
    expect(await readFile(played, 'utf8')).toContain('ai_response_');
  });

  test('voice chat: no recorder, one without a microphone, and one that stops in the middle', async () => {
    const terminal = open();
    await choose(terminal, 2, 'Voice chat (record)');
    await terminal.waitFor('Nothing can be recorded: no recorder was found. Install one: ');
    await createPrograms(programs, {
      arecord: COMPLAINING('no soundcards found'),
      sox: COMPLAINING('no device'),
    });
    await choose(terminal, 2, 'Voice chat (record)');
    await terminal.waitFor('arecord: no soundcards found; sox: no device');
    await createPrograms(programs, {
      arecord: `process.stdout.write(Buffer.alloc(3200)); setTimeout(() => {
        process.stderr.write('unplugged\\n', () => process.exit(1)); }, 300);`,
    });
    await choose(terminal, 2, 'Voice chat (record)');
    await terminal.waitFor('Press Enter to stop.');
    await terminal.waitFor('arecord: unplugged');
    await leave(terminal);
  });

  test('voice file chat: warnings for very short and very long sound, and files that are none', async () => {
    await writeTone('short one.wav', 0.3);
    await writeTone('long.wav', 31);
    await writeFile(path.join(folder, 'text.wav'), 'This is no sound at all.');
    const terminal = open(['--language', 'ko']);
    const ask = async (file: string): Promise<void> => {
      await choose(terminal, 3, 'Voice file chat');
      await terminal.waitFor('Audio file:');
      terminal.type(`${file}${ENTER}`);
    };
    await ask("'short one.wav'");
    await terminal.waitFor('The recording has 0.3 s: less than 0.5 s');
    await terminal.waitFor('You: heard 0.30 s in ko');
    await terminal.waitFor('AI: Hello there.');
    await terminal.waitFor('no player was found');
    await ask('long.wav');
    await terminal.waitFor('The recording has 31.0 s: more than 30 s');
    await terminal.waitFor('You: heard 31.00 s in ko');
    await ask('text.wav');
    await terminal.waitFor('Error 400: audio: ');
    await ask('none.wav');
    await terminal.waitFor('cannot be read: it does not exist.');
    await ask('');
    await leave(terminal);
  });

  test('browser avatar: the page opens with the key, which is in no command line', async () => {
    const noted = path.join(folder, 'noted');
    await createPrograms(programs, { 'xdg-open': browserThatNotes(noted) });
    const terminal = open([], { DISPLAY: ':0' });
    await choose(terminal, 5, 'Browser avatar');
    await terminal.waitFor('The page is open: ');
    await leave(terminal);
    await expect.poll(() => readFile(noted, 'utf8').catch(() => ''), { timeout: 5000 }).not.toBe('');
    const { address, target, again } = JSON.parse(await readFile(noted, 'utf8'));
    expect(target).toBe(`${server.url}/#key=${server.apiKey}`);
    expect(address).not.toContain(server.apiKey);
    // The address leads there once.
    expect([404, 'refused']).toContain(again);
    expect(terminal.raw).not.toContain(server.apiKey);
  });

  test('browser avatar: where no browser can be opened the address is told, without the key', async () => {
    const terminal = open();
    await choose(terminal, 5, 'Browser avatar');
    await terminal.waitFor(`No browser could be opened here. Open ${server.url}/ yourself`);
    await leave(terminal);
    expect(terminal.raw).not.toContain(server.apiKey);
  });

  test('available settings: names and what they are called', async () => {
    const terminal = open();
    await choose(terminal, 6, 'Available settings');
    await choose(terminal, 1, 'LLM types');
    await terminal.waitFor('gpt-35');
    await terminal.waitFor('scripted-1 - Scripted');
    await choose(terminal, 2, 'TTS types');
    await terminal.waitFor('(in use)');
    await choose(terminal, 3, 'Model styles');
    await terminal.waitFor('yuri-front_natural');
    await choose(terminal, 4, 'Back');
    await leave(terminal);
  });

  test('a part of the capabilities switches items off, and says why', async () => {
    const terminal = open(['--capability', 'LLM']);
    const menu = await terminal.waitFor('select');
    expect(menu).toContain('2. Voice chat (record) (needs the capability STT)');
    expect(menu).toContain('3. Voice file chat (needs the capability STT)');
    terminal.type(DOWN);
    await terminal.waitFor('2. Voice chat');
    terminal.type(ENTER);
    await terminal.waitFor('disabled and cannot be selected');
    terminal.type(`1${ENTER}`);
    await terminal.waitFor('You:');
    terminal.type(`Hello${ENTER}`);
    await terminal.waitFor('How are you?');
    // No voice: nothing is offered, the next question comes.
    expect(await terminal.waitFor('You:')).not.toContain('Speak');
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
    const session = await lastSession();
    expect(session.capability.map(({ name }: Json) => name)).toEqual(['LLM']);
    expect(session.status).toBe('TERMINATED');
  });

  test.each<[string, (terminal: TerminalRun) => void, readonly number[]]>([
    ['Ctrl-C', (terminal) => terminal.type(CTRL_C), [130]],
    ['SIGTERM', (terminal) => terminal.kill('SIGTERM'), [143]],
    ['SIGHUP', (terminal) => terminal.kill('SIGHUP'), [129]],
    // The signal, the end of the input and the lost output come in any order.
    ['a terminal that goes away', (terminal) => terminal.hangUp(), [129, 0]],
  ])('%s ends the session, at a question and in an answer', async (_name, end, codes) => {
    for (const question of ['Hello', `Speak ${SLOWLY}`]) {
      const terminal = open();
      await choose(terminal, 1, 'Text chat');
      await terminal.waitFor('You:');
      terminal.type(`${question}${ENTER}`);
      await terminal.waitFor(question === 'Hello' ? 'Speak the answer?' : FIRST_SENTENCE);
      const { session_id: id, status } = await lastSession();
      expect(status).toBe('IN_PROGRESS');
      end(terminal);
      expect(codes).toContain(await terminal.ended);
      expect(await api.session(id)).toMatchObject({
        status: 'TERMINATED',
        termination_reason: 'GRACEFUL_TERMINATION',
      });
      expect(terminal.raw).not.toMatch(/\n\s+at /);
    }
  });

  test('what the server refuses is one line, and the menu comes again', async () => {
    const terminal = open(['--prompt', 'plp-0']);
    await choose(terminal, 1, 'Text chat');
    await terminal.waitFor('You:');
    terminal.type(`Hello${ENTER}`);
    await terminal.waitFor('Error 400: prompt: Prompt plp-0 does not exist.');
    await terminal.waitFor('You:');
    terminal.type(`q${ENTER}`);
    await leave(terminal);
  });

  test('a session that the server has ended is replaced, and that is told', async () => {
    const terminal = open(['--capability', 'LLM']);
    await choose(terminal, 1, 'Text chat');
    await terminal.waitFor('You:');
    terminal.type(`Hello${ENTER}`);
    await terminal.waitFor('How are you?');
    const first = await lastSession();
    await api.post(`session/${first.session_id}/event/create/`, { event: 'SESSION_END' });
    await terminal.waitFor('You:');
    terminal.type(`Hello again${ENTER}`);
    await terminal.waitFor(/A new\s+session begins/);
    await terminal.waitFor('How are you?');
    await terminal.waitFor('You:');
    terminal.type(`q${ENTER}`);
    await leave(terminal);
    expect((await lastSession()).session_id).not.toBe(first.session_id);
  });

  test('40 columns: no line of ours is longer', async () => {
    vendor.script.answer = () =>
      'This answer has a good many words, so that it must be broken into several lines on a narrow screen.';
    const terminal = open([], {}, 40);
    await choose(terminal, 1, 'Text chat');
    await terminal.waitFor('You:');
    terminal.type(`Hello${ENTER}`);
    const answer = await terminal.waitFor(/narrow\s+screen\./);
    const lines = answer.slice(answer.indexOf('AI: ')).split('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(40);
    expect(lines.join(' ')).toContain('broken into several lines on a narrow screen.');
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(130);
  });

  test('NO_COLOR: no colour; a dumb terminal: plain lines', async () => {
    const plain = open([], { NO_COLOR: '1' });
    await plain.waitFor('select');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: sequences of colour begin with one
    expect(plain.raw).not.toMatch(/\u001b\[[\d;]*m/);
    plain.type(CTRL_C);
    expect(await plain.ended).toBe(130);

    const dumb = open(['--capability', 'LLM'], { TERM: 'dumb' });
    await dumb.waitFor('What would you like to do? (1-7):');
    dumb.type(`2${ENTER}`);
    await dumb.waitFor('Voice chat (record): needs the capability STT.');
    dumb.type(`1${ENTER}`);
    await dumb.waitFor('You:');
    dumb.type(`Hello${ENTER}`);
    await dumb.waitFor('AI: Hello there. How are you?');
    expect(dumb.raw).not.toContain('\u001b');
    dumb.type(CTRL_C);
    expect(await dumb.ended).toBe(130);
    expect((await lastSession()).status).toBe('TERMINATED');
  });
});

describe('in pipes', () => {
  const chat = (words: readonly string[], options: Partial<PipedOptions> = {}): Promise<PipedResult> =>
    runPiped(['chat', ...words], {
      main: MAIN,
      folder,
      ...options,
      environment: options.environment ?? surroundings(),
    });

  test('a message in, the answer out, and the session is ended', async () => {
    expect(await chat(['--message', 'Hello'])).toEqual({
      code: 0,
      out: 'Hello there. How are you?\n',
      error: '',
    });
    expect((await lastSession()).status).toBe('TERMINATED');
    expect(await chat(['--message', '-'], { input: 'Who are you?\n' })).toMatchObject({ code: 0 });
    expect(vendor.asked.at(-1)?.at(-1)).toBe('user: Who are you?');
  });

  test('--json: one object a line, the last with everything', async () => {
    const sound = await writeTone('question.wav', 1);
    const { code, out, error } = await chat(['--audio', 'question.wav', '--speech', 'answer.wav', '--json']);
    expect(code, error).toBe(0);
    const { session_id: id } = await lastSession();
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: 'transcript', text: 'heard 1.00 s in any' },
      { type: 'sentence', text: 'Hello there.' },
      { type: 'sentence', text: ' How are you?' },
      {
        type: 'result',
        text: 'Hello there. How are you?',
        session_id: id,
        transcript: 'heard 1.00 s in any',
        audio_file: sound,
        speech_file: path.join(folder, 'answer.wav'),
      },
    ]);
    expect((await readFile(path.join(folder, 'answer.wav'))).subarray(0, 4).toString()).toBe('RIFF');
  });

  test('the answer streams as it comes; a signal, and a reader who has enough, end the session', async () => {
    const slow = ['--message', `Speak ${SLOWLY}`];
    expect(await chat(slow, { signalAt: { text: FIRST_SENTENCE, signal: 'SIGINT' } })).toEqual({
      code: 130,
      out: `${FIRST_SENTENCE}\n`,
      error: '',
    });
    expect((await lastSession()).status).toBe('TERMINATED');
    const long = 'A sentence to fill the pipe. '.repeat(20_000);
    vendor.script.answer = () => long;
    const cut = await chat(['--message', 'Hello'], { closeOutputAt: 'A sentence' });
    expect(cut).toMatchObject({ code: 0, error: '' });
    expect((await lastSession()).status).toBe('TERMINATED');
  });

  test('the menu takes lines, and ends with them', async () => {
    const { code, out } = await chat([], { input: '9\n1\nHello\nn\nq\n4\n' });
    expect(code).toBe(0);
    expect(out).toContain('Choose a number from 1 to 7.');
    expect(out).toContain('Human: Hello\nAI: Hello there. How are you?\n');
    expect(out).not.toContain('\u001b');
    expect((await lastSession()).status).toBe('TERMINATED');
  });

  test.each(['llm_type', 'tts_type', 'modelstyle'])('--list-settings %s: numbered names', async (list) => {
    const before = await lastSession();
    const names: string[] = (await api.get(`settings/${list}/`)).map(({ name }: Json) => name);
    expect(await chat(['--list-settings', list])).toEqual({
      code: 0,
      out: names.map((name, index) => `${index + 1}. ${name}\n`).join(''),
      error: '',
    });
    expect(await lastSession()).toEqual(before);
  });

  test('every flag reaches the session', async () => {
    const [prompt] = await api.get('prompt/');
    const flags = [
      ...['--llm-type', 'gpt-4', '--tts-type', 'scripted-tone', '--stt-type', 'scripted'],
      ...['--model-style', 'yuri-front_natural', '--prompt', prompt.prompt_id, '--agent', 'desk'],
      ...['--padding-left', '-0.5', '--padding-top', '0.25', '--padding-height', '2'],
      ...['--capability', 'LLM', 'TTS', '--tools', 'clock', '--message', 'Hello'],
    ];
    const { code, error } = await chat(flags);
    expect(code, error).toBe(0);
    expect(await lastSession()).toMatchObject({
      llm_type: { name: 'gpt-4' },
      tts_type: { name: 'scripted-tone' },
      stt_type: null,
      model_style: { name: 'yuri-front_natural' },
      prompt: { prompt_id: prompt.prompt_id },
      agent: 'desk',
      padding_left: -0.5,
      padding_top: 0.25,
      padding_height: 2,
      capability: [{ name: 'LLM' }, { name: 'TTS' }],
    });
  });

  test('the key: of the option, of EST_LIVE_API_KEY, of VISAVOX_API_KEY, of this machine', async () => {
    const key = server.apiKey;
    const ask = async (words: readonly string[], environment: Readonly<Record<string, string>>) =>
      (await chat([...words, '--list-settings', 'llm_type'], { environment: surroundings(environment) }))
        .code;
    expect(
      await ask(['--api-key', key], { EST_LIVE_API_KEY: 'wrong-key', VISAVOX_API_KEY: 'wrong-key' }),
    ).toBe(0);
    expect(await ask([], { EST_LIVE_API_KEY: key, VISAVOX_API_KEY: 'wrong-key' })).toBe(0);
    expect(await ask([], { EST_LIVE_API_KEY: 'wrong-key' })).toBe(1);
    expect(await ask(['--api-server', server.url], { VISAVOX_PUBLIC_URL: 'http://127.0.0.1:9' })).toBe(0);
    await writeFile(path.join(folder, 'development-key'), `${key}\n`);
    expect(await ask([], { VISAVOX_API_KEY: '', VISAVOX_DATA_DIR: folder })).toBe(0);
  });

  test('usual names that a server does not have give way, names that were given do not', async () => {
    const breaking = await startBreakingServer();
    try {
      const other = surroundings({ VISAVOX_PUBLIC_URL: breaking.url });
      const { code, out, error } = await chat(['--message', 'Hello'], { environment: other });
      expect({ code, out }).toEqual({ code: 1, out: `${FIRST_SENTENCE}\n` });
      const lines = error.trimEnd().split('\n');
      expect(lines[0]).toBe('The server has no language model "gpt-35"; "only-one" is used instead.');
      expect(lines).toHaveLength(5);
      expect(lines[4]).toMatch(/^The answer was cut off: the server at .* closed the connection\.$/);
      expect(breaking.events).toEqual(['SESSION_START', 'SESSION_END']);
      const named = await chat(['--message', 'Hello', '--tts-type', 'yuri'], { environment: other });
      expect(named).toMatchObject({
        code: 1,
        error: 'The server has no voice "yuri". --tts-type can be: only-one.\n',
      });
    } finally {
      await breaking.close();
    }
  });

  test.each<[string, readonly string[], Readonly<Record<string, string>>, number, RegExp]>([
    [
      'a wrong key',
      ['--message', 'x'],
      { VISAVOX_API_KEY: 'wrong-key' },
      1,
      /^Error 401: The API key is not valid\.$/,
    ],
    [
      'no key',
      ['--message', 'x'],
      { VISAVOX_API_KEY: '' },
      1,
      /^A key is needed: --api-key, or .*EST_LIVE_API_KEY/,
    ],
    [
      'a dead server',
      ['--message', 'x', '--api-server', 'http://127.0.0.1:9'],
      {},
      1,
      /^No server answers at http:\/\/127\.0\.0\.1:9\. .*--api-server\.$/,
    ],
    ['a wrong address', ['--message', 'x', '--api-server', 'nonsense'], {}, 1, /^--api-server must be .*URL/],
    ['an empty message', ['--message', '-'], {}, 1, /^--message is empty/],
    ['no such file', ['--audio', 'none.wav'], {}, 1, /none\.wav cannot be read: it does not exist\.$/],
    ['a list that fails', ['--list-settings', 'tts_type'], { VISAVOX_API_KEY: 'wrong-key' }, 1, /^Error 401/],
    [
      'a list that is none',
      ['--list-settings', 'shoes'],
      {},
      2,
      /Allowed choices are llm_type, tts_type, modelstyle/,
    ],
    ['a capability that is none', ['--capability', 'DANCE'], {}, 2, /Allowed choices are LLM, TTS, STT/],
    ['an unknown flag', ['--dance'], {}, 2, /unknown option '--dance'/],
    ['a bad number', ['--padding-left', 'far'], {}, 2, /Expected a number/],
    ['speech of nothing', ['--speech', 'x.wav'], {}, 2, /--speech needs --message or --audio/],
    ['two questions', ['--message', 'x', '--audio', 'y'], {}, 2, /cannot be used together/],
    ['JSON of a menu', ['--json'], {}, 2, /--json needs/],
    [
      'speech without a voice',
      ['--message', 'x', '--speech', 'x.wav', '--capability', 'LLM'],
      {},
      1,
      /capability TTS/,
    ],
  ])('%s is one clear line', async (_name, words, environment, code, message) => {
    const result = await chat(words, { environment: surroundings(environment) });
    expect(result.code, result.error).toBe(code);
    expect(result.error.split('\n')[0]).toMatch(message);
    expect(result.error.trimEnd().split('\n').length).toBeLessThanOrEqual(code === 1 ? 1 : 2);
    expect(result.error).not.toContain('wrong-key');
  });

  test('a file that is no sound is told by the server', async () => {
    await writeFile(path.join(folder, 'text.wav'), 'This is no sound at all.');
    const { code, out, error } = await chat(['--audio', 'text.wav', '--json']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(JSON.parse(error)).toMatchObject({ type: 'error', status: 400, code: 'invalid' });
  });
});

describe('the command', () => {
  test('--help takes 150 ms of processor time at most', async () => {
    const tell =
      "process.on('exit', () => { const { user, system } = process.cpuUsage(); console.error(user + system); })";
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const { code, out, error } = await runPiped(['--help'], {
        main: MAIN,
        folder,
        environment: surroundings(),
        nodeWords: ['--import', `data:text/javascript,${encodeURIComponent(tell)}`],
      });
      expect(code).toBe(0);
      expect(out).toContain('talk to an AI human in this terminal');
      times.push(Number(error) / 1000);
    }
    expect(Math.min(...times)).toBeLessThanOrEqual(150);
  });

  test('help of the chat names every flag', async () => {
    const { out } = await runPiped(['chat', '--help'], { main: MAIN, folder, environment: surroundings() });
    for (const flag of [
      ...['api-server', 'api-key', 'llm-type', 'tts-type', 'stt-type', 'model-style', 'prompt', 'document'],
      ...['capability', 'agent', 'mcp-servers', 'tools', 'list-settings', 'message', 'audio', 'speech'],
    ]) {
      expect(out).toContain(`--${flag} `);
    }
    expect(out).toContain('gpt-35');
  });
});

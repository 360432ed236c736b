/**
 * Records from the microphone with a program of the system: 16 kHz, mono, 16 bit. Where it can, the program hands the
 * samples over as they come; else it writes a file that is read when it has ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { decodePcm16, decodeWav, type PcmClip, resampleClip } from '@visavox/audio';
import { CommandError } from '../../client.ts';
import { abortable } from '../abortable.ts';
import { ended, findProgram, type Host, keepComplaint } from '../programs.ts';

export const RECORDING_RATE_HZ = 16_000;
/** A forgotten recording must not fill the memory; no server listens to more at once. */
const MAX_SECONDS = 600;
const MAX_BYTES = MAX_SECONDS * RECORDING_RATE_HZ * 2;
/** How often a file is looked at until something is in it. */
const FILE_POLL_MS = 50;
const WAV_HEADER_BYTES = 44;

export interface Recording {
  /** Settles when the recording ended by itself: resolves at the greatest length, else rejects with the complaint. */
  readonly over: Promise<void>;
  /** Ends the recording and resolves with what was heard. */
  stop(): Promise<PcmClip>;
  /** Ends it; its result is not wanted. */
  close(): Promise<void>;
}

interface Recorder {
  readonly program: string;
  /** Where the sound goes: samples to standard output, or a WAV file. */
  readonly into: 'pipe' | 'file';
  /** How it is told to end. PowerShell cannot be interrupted without losing what it holds. */
  readonly stopWith?: 'signal' | 'line';
  readonly words: (place: {
    readonly found: string;
    readonly host: Host;
    readonly file: string;
  }) => readonly string[] | Promise<readonly string[]>;
}

const rate = String(RECORDING_RATE_HZ);

const ffmpeg = (source: (found: string, host: Host) => readonly string[] | Promise<readonly string[]>) =>
  ({
    program: 'ffmpeg',
    into: 'pipe',
    words: async ({ found, host }) => [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
      ...(await source(found, host)),
      ...['-ac', '1', '-ar', rate, '-f', 's16le', '-'],
    ],
  }) satisfies Recorder;

/** `rec` and `sox -d` are the same program; some packages bring only the second. */
const sox = (program: 'rec' | 'sox') =>
  ({
    program,
    into: 'pipe',
    words: () => [
      '-q',
      ...(program === 'sox' ? ['-d'] : []),
      ...['-t', 'raw', '-r', rate, '-c', '1', '-b', '16', '-e', 'signed-integer', '-L', '-'],
    ],
  }) satisfies Recorder;

const RECORDERS: Readonly<Record<'darwin' | 'linux' | 'win32', readonly Recorder[]>> = {
  linux: [
    {
      program: 'arecord',
      into: 'pipe',
      words: () => ['-q', '-t', 'raw', '-f', 'S16_LE', '-c', '1', '-r', rate],
    },
    {
      program: 'parecord',
      into: 'pipe',
      words: () => ['--raw', '--format=s16le', '--channels=1', `--rate=${rate}`, '--latency-msec=100'],
    },
    {
      program: 'pw-record',
      into: 'file',
      words: ({ file }) => ['--format', 's16', '--channels', '1', '--rate', rate, file],
    },
    sox('rec'),
    sox('sox'),
    ffmpeg(() => ['-f', 'pulse', '-i', 'default']),
    ffmpeg(() => ['-f', 'alsa', '-i', 'default']),
  ],
  darwin: [sox('rec'), sox('sox'), ffmpeg(() => ['-f', 'avfoundation', '-i', ':default'])],
  win32: [
    ffmpeg(async (found, host) => ['-f', 'dshow', '-i', `audio=${await firstMicrophone(found, host)}`]),
    {
      program: 'powershell',
      into: 'file',
      stopWith: 'line',
      words: () => ['-NoProfile', '-NonInteractive', '-Command', POWERSHELL_RECORDER],
    },
  ],
};

/** The file is named by a variable, so that no name can be part of the script. */
const FILE_VARIABLE = 'VISAVOX_RECORDING_FILE';
const POWERSHELL_RECORDER = [
  `$member = '[DllImport("winmm.dll", CharSet = CharSet.Unicode)] public static extern int mciSendString(string command, System.Text.StringBuilder answer, int length, System.IntPtr window);'`,
  '$mci = Add-Type -MemberDefinition $member -Name Mci -Namespace Visavox -PassThru',
  'function Send($command) { $code = $mci::mciSendString($command, $null, 0, [System.IntPtr]::Zero); if ($code -ne 0) { [Console]::Error.WriteLine("no microphone (MCI error $code)"); exit 1 } }',
  "Send 'open new type waveaudio alias recording'",
  `Send 'set recording time format ms bitspersample 16 channels 1 samplespersec ${rate} bytespersec ${RECORDING_RATE_HZ * 2} alignment 2'`,
  "Send 'record recording'",
  '[Console]::Out.WriteLine("recording")',
  '[void][Console]::In.ReadLine()',
  `Send ('save recording "' + $env:${FILE_VARIABLE} + '"')`,
  "Send 'close recording'",
].join('; ');

const INSTALL: Readonly<Record<keyof typeof RECORDERS, string>> = {
  linux: 'sudo apt install alsa-utils',
  darwin: 'brew install sox',
  win32: 'winget install ffmpeg',
};

/**
 * Resolves when sound is being recorded.
 * @throws {CommandError} when there is no recorder, or none of them gets any sound.
 */
export async function startRecording({
  host,
  signal,
}: {
  readonly host: Host;
  readonly signal: AbortSignal;
}): Promise<Recording> {
  const system = host.platform === 'win32' || host.platform === 'darwin' ? host.platform : 'linux';
  const complaints: string[] = [];
  for (const recorder of RECORDERS[system]) {
    const found = findProgram(recorder.program, host);
    if (found === undefined) continue;
    try {
      return await record(recorder, found, host, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CommandError)) throw error;
      complaints.push(error.message);
    }
  }
  throw new CommandError(
    complaints.length === 0
      ? `Nothing can be recorded: no recorder was found. Install one: ${INSTALL[system]}`
      : `Nothing can be recorded. ${complaints.join('; ')}`,
  );
}

async function record(
  recorder: Recorder,
  found: string,
  host: Host,
  signal: AbortSignal,
): Promise<Recording> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-recording-'));
  const file = path.join(folder, 'recording.wav');
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  let child: ChildProcess;
  try {
    child = spawn(found, await recorder.words({ found, host, file }), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...host.environment, [FILE_VARIABLE]: file },
    });
  } catch (error) {
    await removeFolder();
    throw error;
  }
  const complaint = keepComplaint(child);
  const pieces: Buffer[] = [];
  let bytes = 0;
  let stopping = false;
  const end = (): void => {
    if (stopping) return;
    stopping = true;
    if (recorder.stopWith === 'line') child.stdin?.end('\n');
    // Like Ctrl-C: whoever writes a file completes its header.
    else child.kill('SIGINT');
  };
  // A recorder that ends early does not read what is written to it.
  child.stdin?.on('error', () => {});
  const started = new Promise<void>((resolve) => {
    child.stdout?.on('data', (piece: Buffer) => {
      resolve();
      if (recorder.into === 'file' || bytes >= MAX_BYTES) return;
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= MAX_BYTES) end();
    });
    if (recorder.into === 'file') void waitForSound(file, child).then(resolve);
  });
  const limit = setTimeout(end, MAX_SECONDS * 1000);
  signal.addEventListener('abort', end);
  const over = ended(child).then((code) => {
    clearTimeout(limit);
    signal.removeEventListener('abort', end);
    if (stopping) return;
    const reason = complaint() === '' ? `it ended with code ${code}` : complaint();
    throw new CommandError(`${recorder.program}: ${reason}`);
  });
  // Whoever does not wait for it is told by `stop`.
  over.catch(() => {});
  const close = async (): Promise<void> => {
    end();
    await over.catch(() => {});
    await removeFolder();
  };
  try {
    await abortable(Promise.race([started, over]), signal);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    over,
    async stop() {
      try {
        end();
        await over;
        if (recorder.into === 'file') {
          return resampleClip(decodeWav(new Uint8Array(await readFile(file))), RECORDING_RATE_HZ);
        }
        return { samples: decodePcm16(Buffer.concat(pieces)), sampleRateHz: RECORDING_RATE_HZ };
      } finally {
        await removeFolder();
      }
    },
    close,
  };
}

/** Resolves when the file holds more than a header, or its writer has ended. */
async function waitForSound(file: string, writer: ChildProcess): Promise<void> {
  while (writer.exitCode === null && writer.signalCode === null) {
    const bytes = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    if (bytes > WAV_HEADER_BYTES) return;
    await pause(FILE_POLL_MS);
  }
}

/** The name of the first microphone that ffmpeg tells, from a line like `[dshow @ …] "Microphone (USB)" (audio)`. */
async function firstMicrophone(found: string, host: Host): Promise<string> {
  const words = ['-hide_banner', '-list_devices', 'true', '-f', 'dshow', '-i', 'dummy'];
  const child = spawn(found, words, { stdio: ['ignore', 'ignore', 'pipe'], env: host.environment });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await ended(child);
  const name = /"([^"]+)"\s+\(audio\)/.exec(text)?.[1];
  if (name === undefined) throw new CommandError('ffmpeg: no microphone was found');
  return name;
}

/** Plays a WAV file with a program of the system. */
import { CommandError } from '../../client.ts';
import { findProgram, type Host, runProgram } from '../programs.ts';

interface Player {
  readonly program: string;
  readonly words: (file: string) => readonly string[];
}

/** Names the file for a script of PowerShell, so that no name can be part of the script. */
const FILE_VARIABLE = 'VISAVOX_SOUND_FILE';

const PLAYERS: Readonly<Partial<Record<NodeJS.Platform, readonly Player[]>>> = {
  darwin: [{ program: 'afplay', words: (file) => [file] }],
  win32: [
    {
      program: 'powershell',
      words: () => [
        '-NoProfile',
        '-NonInteractive',
        '-Command',
        `(New-Object System.Media.SoundPlayer $env:${FILE_VARIABLE}).PlaySync()`,
      ],
    },
  ],
};
const OTHER_PLAYERS: readonly Player[] = [
  { program: 'aplay', words: (file) => ['-q', file] },
  { program: 'paplay', words: (file) => [file] },
  { program: 'pw-play', words: (file) => [file] },
  { program: 'ffplay', words: (file) => ['-nodisp', '-autoexit', '-loglevel', 'error', file] },
];

/** @throws {CommandError} when there is no player, or none of them can play here. */
export async function playFile(
  file: string,
  { host, signal }: { readonly host: Host; readonly signal: AbortSignal },
): Promise<void> {
  const players = PLAYERS[host.platform] ?? OTHER_PLAYERS;
  const complaints: string[] = [];
  for (const { program, words } of players) {
    const found = findProgram(program, host);
    if (found === undefined) continue;
    const { code, complaint } = await runProgram(found, words(file), {
      signal,
      environment: { ...host.environment, [FILE_VARIABLE]: file },
    });
    if (code === 0) return;
    complaints.push(`${program}: ${complaint === '' ? `exit code ${code}` : complaint}`);
  }
  throw new CommandError(
    complaints.length === 0
      ? `It cannot be played: no player was found. ${installLine(host, players)}`
      : `It cannot be played. ${complaints.join('; ')}`,
  );
}

function installLine({ platform }: Host, players: readonly Player[]): string {
  const names = players.map(({ program }) => program).join(', ');
  return platform === 'linux'
    ? `Install one: sudo apt install alsa-utils (or any of ${names}).`
    : `Looked for: ${names}.`;
}

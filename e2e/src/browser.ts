/** A real Chromium with a microphone that plays a file or a beep, and a fresh profile for each run. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of an installed Chromium; undefined when there is none. */
export const chromiumPath: string | undefined = CANDIDATES.find(
  (candidate) => candidate !== undefined && existsSync(candidate),
);

export async function launchBrowser(options: { readonly microphoneFile?: string } = {}): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('No Chromium is installed; set CHROMIUM_PATH.');
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      ...(options.microphoneFile === undefined
        ? []
        : [`--use-file-for-fake-audio-capture=${options.microphoneFile}`]),
    ],
  });
}

/** Whether browsers will give the microphone to the server's page: only over https, or on the machine itself. */
import { ask } from './ask.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import { isLoopback } from './inspect-server.ts';

export interface CheckMicrophoneOptions {
  /** Values of VISAVOX_PUBLIC_URL and HOST. */
  readonly publicUrl: string | undefined;
  readonly host: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly nameServers?: readonly string[] | undefined;
}

const MEND =
  'Put a proxy with a certificate in front (e.g. Caddy), and set VISAVOX_PUBLIC_URL to its https:// address.';

export async function checkMicrophone(options: CheckMicrophoneOptions): Promise<readonly Finding[]> {
  const { publicUrl: configured, host = '127.0.0.1' } = options;
  if (configured === undefined) {
    const isOpen = !isLoopback(host) && host !== '::1';
    return isOpen
      ? [
          warning(
            'microphone',
            'VISAVOX_PUBLIC_URL is not set: on other machines the page comes over http:// and gets no microphone',
            MEND,
          ),
        ]
      : [ok('microphone', 'the page is for this machine (localhost), where browsers give the microphone')];
  }
  if (!URL.canParse(configured) || !/^https?:$/.test(new URL(configured).protocol)) {
    return [
      failed(
        'microphone',
        'VISAVOX_PUBLIC_URL is no http:// or https:// URL',
        'Set it to the address that users open, e.g. https://visavox.example.com.',
      ),
    ];
  }
  const { protocol, hostname, host: place, pathname } = new URL(configured);
  // Without a user and password that it may have.
  const publicUrl = `${protocol}//${place}${pathname.replace(/\/+$/, '')}`;
  if (protocol === 'http:') {
    return isLoopback(hostname)
      ? [ok('microphone', `${publicUrl} is on this machine, where browsers give the microphone`)]
      : [warning('microphone', `browsers give no microphone to ${publicUrl}: it is not https`, MEND)];
  }
  const page = await ask(`${publicUrl}/`, options);
  if (page.kind === 'unreachable') {
    return [
      failed(
        'microphone',
        `${publicUrl} ${page.reason}`,
        'Correct the certificate or the proxy in front; browsers open no page otherwise.',
      ),
    ];
  }
  return page.status === 200 && page.type.includes('text/html')
    ? [ok('microphone', `${publicUrl} is https and serves the page`)]
    : [
        warning(
          'microphone',
          `${publicUrl} is https, but serves no page (status ${page.status})`,
          'Let the proxy pass "/" to the server; "npm start" builds the page.',
        ),
      ];
}

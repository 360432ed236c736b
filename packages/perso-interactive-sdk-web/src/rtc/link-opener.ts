/** Opening the links of one session: ICE servers, offer, exchange. */

import { exchangeSdp, fetchIceServers, type SessionAddress } from '../api/rest.ts';
import { RECOVERY_WINDOW_LIMIT_MS } from '../constants.ts';
import { type Mark, watchFirstFrame } from '../milestones.ts';
import type { ConnectionOptions } from './connection.ts';
import { type LinkOptions, openLink } from './link.ts';

export interface LinkOpenerOptions
  extends Pick<LinkOptions, 'localStream' | 'generation' | 'createPeerConnection'> {
  readonly session: SessionAddress;
  /** Whether the server is asked to keep the session when a link is lost. */
  readonly recoverable: boolean;
  /** Told of the steps of the first link. */
  readonly mark?: Mark | undefined;
}

export function createLinkOpener(options: LinkOpenerOptions): ConnectionOptions['open'] {
  const { session, recoverable } = options;
  return async (isRecovery, signal) => {
    const mark = isRecovery ? undefined : options.mark;
    const iceServers = await fetchIceServers(session, signal);
    mark?.('ice-servers');
    let recoveryWindowMs: number | undefined;
    const link = await openLink({
      ...options,
      iceServers,
      signal,
      mark,
      async exchange(offer) {
        const wishes = { recoverable: recoverable || undefined, recover: isRecovery || undefined };
        const answer = await exchangeSdp(session, offer, wishes, signal);
        recoveryWindowMs = readWindowMs(answer.recovery?.window_sec);
        return answer.server_sdp;
      },
    });
    if (mark !== undefined) watchFirstFrame(link, mark).catch(() => undefined);
    return { link, recoveryWindowMs };
  };
}

function readWindowMs(seconds: unknown): number | undefined {
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined;
  return Math.min(seconds * 1_000, RECOVERY_WINDOW_LIMIT_MS);
}

/**
 * How the media of a conversation travel: who may join, and who is told to. Without media servers there is a token that
 * names the room and can be checked by this server, and nobody to send there.
 */
export interface TransportedSession {
  readonly id: string;
  readonly roomName: string;
  readonly identity: string;
  readonly createdAt: Date;
  /** Until when it can be joined. */
  readonly expiresAt: Date;
}

export interface SessionTransport {
  /** What a participant joins with. Causes nothing yet, so that it can be forgotten. */
  admit(
    session: TransportedSession,
    /** Where clients reach this server. */
    baseUrl: string,
  ): Promise<{ readonly token: string; readonly url: string }>;
  /** Sends the agent there. A rejection means that the session cannot be held. */
  dispatch(session: TransportedSession): Promise<void>;
  /** Sends everybody away. Idempotent. */
  end(session: { readonly id: string; readonly roomName: string | null }): Promise<void>;
}

/** Signs with the server's secret; the base64url of an HMAC-SHA256. */
export function createTokenTransport(sign: (text: string) => string): SessionTransport {
  return {
    async admit(session, baseUrl) {
      const seconds = (moment: Date) => Math.floor(moment.getTime() / 1000);
      const claims = {
        iss: 'visavox',
        sub: session.identity,
        jti: session.id,
        iat: seconds(session.createdAt),
        nbf: seconds(session.createdAt),
        exp: seconds(session.expiresAt),
        video: {
          roomJoin: true,
          room: session.roomName,
          canPublish: true,
          canPublishSources: ['microphone'],
          canSubscribe: true,
          canPublishData: true,
          canUpdateOwnMetadata: false,
        },
      };
      const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
      const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
      return { token: `${text}.${sign(text)}`, url: baseUrl.replace(/^http/, 'ws') };
    },
    async dispatch() {},
    async end() {},
  };
}

/** The limits of organizations: checked when sessions begin, and watched while they go on. */
import { PlatformError, type TerminationReason } from '@visavox/contract';
import type { OrganizationLimits, OrganizationRow, Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';

/** Limits in force; null means unlimited. */
export interface EffectiveLimits {
  readonly maxActiveSessions: number | null;
  readonly maxMinutesPerSession: number | null;
  readonly maxMinutesPerMonth: number | null;
}

export interface Usage {
  readonly activeSessions: number;
  readonly minutesThisMonth: number;
  readonly limits: EffectiveLimits;
}

export interface Quotas {
  limitsOf(organization: Pick<OrganizationRow, 'limits'>): EffectiveLimits;
  usage(organizationId: string): Promise<Usage>;
  /** @throws {PlatformError} `throttled` when no further session may be created now. */
  checkCreate(organization: OrganizationRow): Promise<void>;
  /**
   * A session is about to connect. `refused` is the reason for which it must end instead; otherwise its place is kept
   * until `release` is called, which is when its new status is stored.
   */
  beginStart(
    organizationId: string,
  ): Promise<{ readonly refused?: TerminationReason | undefined; release(): void }>;
  /** Watches a session from its start. Returns what stops watching. */
  watch(session: WatchedSession): () => void;
  /** Stops every timer. Idempotent. */
  close(): void;
}

export interface WatchedSession {
  readonly organizationId: string;
  readonly end: (reason: TerminationReason) => void;
}

/** How often the month's sum is read again while sessions are live: other nodes use it up as well. */
const MONTH_CHECK_MS = 15_000;
const RETRY_AFTER_SECONDS = 30;

/** For people, each reason in a sentence. */
export const QUOTA_DETAILS: Readonly<Partial<Record<TerminationReason, string>>> = {
  MAX_ACTIVE_SESSION_QUOTA_EXCEEDED:
    'MAX_ACTIVE_SESSION_QUOTA_EXCEEDED: the organization has as many active sessions as it may. Please end one, or try again later.',
  MAX_MIN_PER_SESSION_QUOTA_EXCEEDED:
    'MAX_MIN_PER_SESSION_QUOTA_EXCEEDED: the session has lasted as long as a session may.',
  TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED:
    "TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED: the organization's minutes of this month are used up.",
};

export function createQuotas(options: {
  readonly store: Pick<Store, 'organizations' | 'sessions'>;
  readonly defaults: OrganizationLimits;
  readonly now: () => Date;
  readonly log: Log;
}): Quotas {
  const { store, defaults, now, log } = options;
  const watched = new Map<string, Set<WatchedSession>>();
  const monthTimers = new Map<string, NodeJS.Timeout>();
  /** Sessions that are connecting right now and not yet counted by the database. */
  const starting = new Map<string, number>();

  const limitsOf = ({ limits }: Pick<OrganizationRow, 'limits'>): EffectiveLimits => ({
    maxActiveSessions: limits.maxActiveSessions ?? defaults.maxActiveSessions ?? null,
    maxMinutesPerSession: limits.maxMinutesPerSession ?? defaults.maxMinutesPerSession ?? null,
    maxMinutesPerMonth: limits.maxMinutesPerMonth ?? defaults.maxMinutesPerMonth ?? null,
  });

  const limitsOfId = async (organizationId: string): Promise<EffectiveLimits> =>
    limitsOf((await store.organizations.find(organizationId)) ?? { limits: {} });

  const minutesThisMonth = async (organizationId: string): Promise<number> =>
    (await store.sessions.sumSeconds(organizationId, startOfMonth(now()), now())) / 60;

  const reason = async (
    organizationId: string,
    limits: EffectiveLimits,
    others: number,
  ): Promise<TerminationReason | undefined> => {
    if (
      limits.maxActiveSessions !== null &&
      (await store.sessions.countActive(organizationId)) + others >= limits.maxActiveSessions
    ) {
      return 'MAX_ACTIVE_SESSION_QUOTA_EXCEEDED';
    }
    if (
      limits.maxMinutesPerMonth !== null &&
      (await minutesThisMonth(organizationId)) >= limits.maxMinutesPerMonth
    ) {
      return 'TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED';
    }
    return undefined;
  };

  /** Looks at the month's sum now, ends the sessions when it is used up, else comes back before it can be. */
  const checkMonth = async (organizationId: string): Promise<void> => {
    monthTimers.delete(organizationId);
    const sessions = watched.get(organizationId);
    if (sessions === undefined || sessions.size === 0) return;
    const { maxMinutesPerMonth } = await limitsOfId(organizationId);
    let delayMs = MONTH_CHECK_MS;
    if (maxMinutesPerMonth !== null) {
      const leftMs = (maxMinutesPerMonth - (await minutesThisMonth(organizationId))) * 60_000;
      if (leftMs <= 0) {
        for (const session of [...sessions]) session.end('TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED');
        return;
      }
      delayMs = Math.min(delayMs, leftMs / sessions.size);
    }
    scheduleMonth(organizationId, delayMs);
  };

  const scheduleMonth = (organizationId: string, delayMs: number): void => {
    if (monthTimers.has(organizationId) || !watched.has(organizationId)) return;
    const timer = setTimeout(
      () => {
        checkMonth(organizationId).catch((error: unknown) => {
          log.error({ err: error, organizationId }, 'the minutes of the month could not be read');
          scheduleMonth(organizationId, MONTH_CHECK_MS);
        });
      },
      Math.max(20, delayMs),
    );
    timer.unref();
    monthTimers.set(organizationId, timer);
  };

  return {
    limitsOf,
    async usage(organizationId) {
      const [activeSessions, minutes, limits] = await Promise.all([
        store.sessions.countActive(organizationId),
        minutesThisMonth(organizationId),
        limitsOfId(organizationId),
      ]);
      return { activeSessions, minutesThisMonth: minutes, limits };
    },
    async checkCreate(organization) {
      const against = await reason(
        organization.id,
        limitsOf(organization),
        starting.get(organization.id) ?? 0,
      );
      if (against === undefined) return;
      throw new PlatformError('throttled', QUOTA_DETAILS[against] ?? against, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    },
    async beginStart(organizationId) {
      const others = starting.get(organizationId) ?? 0;
      starting.set(organizationId, others + 1);
      let released = false;
      const release = (): void => {
        if (released) return;
        released = true;
        const left = (starting.get(organizationId) ?? 1) - 1;
        if (left > 0) starting.set(organizationId, left);
        else starting.delete(organizationId);
      };
      try {
        const refused = await reason(organizationId, await limitsOfId(organizationId), others);
        if (refused !== undefined) release();
        return { refused, release };
      } catch (error) {
        release();
        throw error;
      }
    },
    watch(session) {
      const { organizationId } = session;
      const sessions = watched.get(organizationId) ?? new Set();
      watched.set(organizationId, sessions.add(session));
      let sessionTimer: NodeJS.Timeout | undefined;
      let stopped = false;
      limitsOfId(organizationId).then(
        ({ maxMinutesPerSession, maxMinutesPerMonth }) => {
          if (stopped) return;
          if (maxMinutesPerSession !== null) {
            sessionTimer = setTimeout(
              () => session.end('MAX_MIN_PER_SESSION_QUOTA_EXCEEDED'),
              // Longer waits than a timer can hold are longer than a server runs.
              Math.min(maxMinutesPerSession * 60_000, 2_000_000_000),
            );
            sessionTimer.unref();
          }
          scheduleMonth(organizationId, maxMinutesPerMonth === null ? MONTH_CHECK_MS : 0);
        },
        (error: unknown) => log.error({ err: error, organizationId }, 'the limits could not be read'),
      );
      return () => {
        stopped = true;
        clearTimeout(sessionTimer);
        sessions.delete(session);
        if (sessions.size > 0) return;
        if (watched.get(organizationId) === sessions) watched.delete(organizationId);
        clearTimeout(monthTimers.get(organizationId));
        monthTimers.delete(organizationId);
      };
    },
    close() {
      for (const timer of monthTimers.values()) clearTimeout(timer);
      monthTimers.clear();
      watched.clear();
    },
  };
}

function startOfMonth(date: Date): Date {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
}

/** `GET /api/session`: a new session for the page, or the error as JSON. */

import { ApiError, DoesNotExistError, NotInOrganizationError } from 'perso-interactive-sdk-web/server';
import { newSession } from '../../../lib/server/create-session.ts';

/** Every request makes a session of its own. */
export const dynamic = 'force-dynamic';

export async function GET(): Promise<Response> {
  try {
    return Response.json(await newSession(), { headers: { 'Cache-Control': 'no-store' } });
  } catch (error) {
    return Response.json(describe(error), { status: statusOf(error) });
  }
}

function statusOf(error: unknown): number {
  if (error instanceof DoesNotExistError) return 400;
  if (error instanceof NotInOrganizationError) return 403;
  return error instanceof ApiError ? error.errorCode : 500;
}

function describe(error: unknown): object {
  if (error instanceof ApiError) {
    const { errorCode, code, detail, attr } = error;
    return { errorCode, code, detail, attr };
  }
  // `fetch` throws a TypeError when nobody answers.
  if (error instanceof TypeError) return { detail: 'The API server cannot be reached. Is it running?' };
  return { detail: error instanceof Error ? error.message : String(error) };
}

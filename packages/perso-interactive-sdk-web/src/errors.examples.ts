/** Code shown in the docstrings of `errors.ts`. */

import {
  ApiError,
  type CreateSessionIdParams,
  createSessionId,
  DoesNotExistError,
  NotInOrganizationError,
  SessionCreationError,
} from './server.ts';

export async function apiError(apiKey: string, params: CreateSessionIdParams): Promise<void> {
  // #region api-error
  try {
    await createSessionId({ apiServer: 'https://visavox.example.com', apiKey, params });
  } catch (error) {
    // From narrow to broad: each of these is an ApiError.
    if (error instanceof DoesNotExistError) console.error('No such', error.attr);
    else if (error instanceof NotInOrganizationError) console.error('Not enabled:', error.attr);
    else if (error instanceof SessionCreationError) console.error('Refused:', error.detail);
    else if (error instanceof ApiError) console.error(error.errorCode, error.code);
    else throw error;
  }
  // #endregion
}

/** Turns anything that can go wrong into one line that says what to do. */

import {
  ApiError,
  LLMError,
  LLMStreamingResponseError,
  STTError,
  TTSDecodeError,
  TTSError,
} from 'perso-interactive-sdk-web/client';

export function explain(error: unknown): string {
  if (error instanceof LLMError || error instanceof TTSError || error instanceof STTError) {
    return explain(error.underlyingError);
  }
  if (error instanceof ApiError) {
    return error.errorCode === 401 ? 'The server did not accept the API key.' : error.detail;
  }
  if (error instanceof LLMStreamingResponseError || error instanceof TTSDecodeError) return error.description;
  if (error instanceof DOMException && error.name === 'NotAllowedError') {
    return 'The microphone was refused. Allow it for this page, or type instead.';
  }
  if (error instanceof DOMException && error.name === 'NotFoundError') {
    return 'No microphone was found. Connect one, or type instead.';
  }
  // What `fetch` and `response.json()` throw.
  if (error instanceof TypeError) return 'The API server cannot be reached. Is it running at this address?';
  if (error instanceof SyntaxError) return 'What answers at this address is not an API server.';
  return error instanceof Error ? error.message : String(error);
}

import { describe, expect, it } from 'vitest';
import {
  ApiError,
  ConnectionTimeoutError,
  DoesNotExistError,
  LLMError,
  LLMStreamingResponseError,
  NotInOrganizationError,
  SessionCreationError,
  STTError,
  TTSDecodeError,
  TTSError,
  toSessionCreationError,
} from './errors.ts';

const refusal = new ApiError(400, 'invalid', 'No voice', 'tts_type');

// keeps: sdk-8.7-errors
describe('messages and names', () => {
  it.each([
    ['ApiError with attr', refusal, '400:tts_type_No voice', 'Error'],
    ['ApiError without attr', new ApiError(404, 'not_found', 'Gone'), '404:Gone', 'Error'],
    ['ApiError with null attr', new ApiError(404, 'not_found', 'Gone', null), '404:Gone', 'Error'],
    ['ApiError with empty attr', new ApiError(404, 'not_found', 'Gone', ''), '404:_Gone', 'Error'],
    [
      'SessionCreationError',
      new SessionCreationError(refusal),
      '400:tts_type_No voice',
      'SessionCreationError',
    ],
    ['DoesNotExistError', new DoesNotExistError(refusal), '400:tts_type_No voice', 'DoesNotExistError'],
    [
      'NotInOrganizationError',
      new NotInOrganizationError(refusal),
      '400:tts_type_No voice',
      'NotInOrganizationError',
    ],
    ['LLMError', new LLMError(refusal), '', 'Error'],
    ['LLMStreamingResponseError', new LLMStreamingResponseError('cut'), '', 'Error'],
    ['STTError', new STTError(refusal), 'STT Error: No voice', 'Error'],
    ['TTSError', new TTSError(refusal), '400:tts_type_No voice', 'Error'],
    ['TTSDecodeError', new TTSDecodeError('bad'), 'TTS decode error: bad', 'Error'],
    ['ConnectionTimeoutError', new ConnectionTimeoutError(), 'WebRTC connection timeout', 'Error'],
  ])('%s', (_, error, message, name) => {
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe(message);
    expect(error.name).toBe(name);
  });

  it('keep what they were made of', () => {
    expect(refusal).toMatchObject({ errorCode: 400, code: 'invalid', detail: 'No voice', attr: 'tts_type' });
    expect(new SessionCreationError(refusal)).toMatchObject({
      errorCode: 400,
      code: 'invalid',
      attr: 'tts_type',
    });
    expect(new LLMError(refusal).underlyingError).toBe(refusal);
    expect(new STTError(refusal).underlyingError).toBe(refusal);
    expect(new TTSError(refusal).underlyingError).toBe(refusal);
    expect(new LLMStreamingResponseError('cut').description).toBe('cut');
    expect(new TTSDecodeError('bad').description).toBe('bad');
  });
});

describe('toSessionCreationError', () => {
  it.each([
    ['does_not_exist', DoesNotExistError],
    ['not_in_organization', NotInOrganizationError],
    ['invalid', SessionCreationError],
  ])('%s', (code, expected) => {
    expect(toSessionCreationError(new ApiError(400, code, 'x')).constructor).toBe(expected);
  });
});

describe('instanceof', () => {
  // keeps: sdk-8.7-errors
  it('follows the class tree', () => {
    const error = new DoesNotExistError(refusal);
    expect(error instanceof SessionCreationError).toBe(true);
    expect(error instanceof ApiError).toBe(true);
    expect((error as unknown) instanceof NotInOrganizationError).toBe(false);
    expect((refusal as unknown) instanceof SessionCreationError).toBe(false);
    expect((new TTSError(refusal) as unknown) instanceof STTError).toBe(false);
  });

  it('refuses other values', () => {
    for (const value of [null, undefined, 1, 'x', {}, new Error('x')]) {
      expect((value as unknown) instanceof ApiError).toBe(false);
    }
  });

  it('recognizes the errors of another copy', async () => {
    const specifier = './errors.ts?another-copy';
    const other: typeof import('./errors.ts') = await import(specifier);
    expect(other.ApiError).not.toBe(ApiError);
    const foreign = new other.DoesNotExistError(new other.ApiError(400, 'does_not_exist', 'x'));
    expect(foreign instanceof DoesNotExistError).toBe(true);
    expect(foreign instanceof SessionCreationError).toBe(true);
    expect(foreign instanceof ApiError).toBe(true);
    expect((foreign as unknown) instanceof LLMError).toBe(false);
  });

  it('treats classes of the page in the ordinary way', () => {
    class MyError extends ApiError {}
    expect(new MyError(400, 'x', 'x') instanceof MyError).toBe(true);
    expect(new MyError(400, 'x', 'x') instanceof ApiError).toBe(true);
    expect((refusal as unknown) instanceof MyError).toBe(false);
  });
});

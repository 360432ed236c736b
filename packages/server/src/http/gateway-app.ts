/** Binds everything under `/v1`: the voice gateway in its own dialect, and in that of OpenAI clients. */
import { openAiRoutes, SpekoError, spekoRoutes } from '@visavox/contract/speko';
import type { Hono } from 'hono';
import type { Log } from '../telemetry/log.ts';
import { type BindOptions, bindRoutes } from './bind.ts';
import { openAiErrorResponse, toOpenAiError } from './openai/errors.ts';
import { createOpenAiHandlers, type OpenAiContext } from './openai/routes.ts';
import { spekoErrorResponse, toSpekoError } from './speko/errors.ts';
import { createSpekoHandlers, type SpekoContext } from './speko/routes.ts';
import { serveUploads } from './speko/uploads.ts';

export interface GatewayAppOptions extends Omit<SpekoContext, 'keyring'>, OpenAiContext {
  readonly log: Log;
  /** Throws when a key may not cause further costs. */
  readonly admitCall: NonNullable<BindOptions['admit']>;
}

/** Telephony: in the contract, but not on this server. */
const NOT_OFFERED = [
  '/v1/sessions/phone',
  '/v1/phone-numbers',
  '/v1/phone-numbers/*',
  '/v1/callbacks',
  '/v1/callbacks/*',
  '/v1/calls/:id/transfers',
  '/v1/calls/:id/transfers/*',
];

export function bindGateway(
  app: Hono,
  options: GatewayAppOptions,
  binding: Pick<BindOptions, 'keyring' | 'limits' | 'baseUrlOf'>,
): void {
  const { log, admitCall: admit } = options;
  const onError = (error: unknown) => spekoErrorResponse(toSpekoError(error, log));
  serveUploads(app, { ...options, onError });
  for (const path of NOT_OFFERED) {
    app.all(path, () =>
      spekoErrorResponse(
        new SpekoError('NOT_IMPLEMENTED', 'This server has no telephony: it neither dials nor takes calls.'),
      ),
    );
  }
  bindRoutes(app, spekoRoutes, createSpekoHandlers({ ...options, keyring: binding.keyring }), {
    ...binding,
    admit,
    onError,
  });
  bindRoutes(app, openAiRoutes, createOpenAiHandlers(options), {
    ...binding,
    admit,
    onError: (error) => openAiErrorResponse(toOpenAiError(error, log)),
  });
  app.all('/v1/*', () => spekoErrorResponse(new SpekoError('NOT_FOUND')));
}

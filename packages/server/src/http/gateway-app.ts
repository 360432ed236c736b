/** Binds everything under `/v1`: the voice gateway in its own dialect, and in that of OpenAI clients. */
import { openAiRoutes, SpekoError, spekoRoutes } from '@visavox/contract/speko';
import type { Hono } from 'hono';
import type { Log } from '../telemetry/log.ts';
import { type BindOptions, bindRoutes, pickRoutes } from './bind.ts';
import { openAiErrorResponse, toOpenAiError } from './openai/errors.ts';
import { createOpenAiHandlers, type OpenAiContext } from './openai/routes.ts';
import { type CallsContext, createCallHandlers } from './speko/calls.ts';
import { spekoErrorResponse, toSpekoError } from './speko/errors.ts';
import { createSpekoHandlers, type SpekoContext } from './speko/routes.ts';
import { serveUploads } from './speko/uploads.ts';

export interface GatewayAppOptions extends Omit<SpekoContext, 'keyring'>, OpenAiContext {
  readonly log: Log;
  /** Throws when a key may not cause further costs. */
  readonly admitCall: NonNullable<BindOptions['admit']>;
}

/** The operations that cost, in both dialects: what processes of their own may answer. */
const SPEKO_CALLS = ['transcribe', 'synthesize', 'complete'] as const;
const OPENAI_CALLS = ['createChatCompletion', 'createSpeech', 'createTranscription'] as const;

export const CALL_PATHS: ReadonlySet<string> = new Set(
  [...pickRoutes(spekoRoutes, SPEKO_CALLS), ...pickRoutes(openAiRoutes, OPENAI_CALLS)].map(
    ({ path }) => path,
  ),
);

/** Binds the calls alone, for POST requests to {@link CALL_PATHS}. `mayPass`: errors that are for the app, not for the caller. */
export function bindCalls(
  app: Hono,
  options: CallsContext & OpenAiContext & Pick<GatewayAppOptions, 'admitCall'>,
  binding: GatewayBinding,
  mayPass: (error: unknown) => boolean = () => false,
): void {
  const { log, admitCall: admit } = options;
  const shared = { ...binding, admit, withoutOtherMethods: true };
  const orPass = (respond: (error: unknown) => Response) => (error: unknown) => {
    if (mayPass(error)) throw error;
    return respond(error);
  };
  bindRoutes(app, pickRoutes(spekoRoutes, SPEKO_CALLS), createCallHandlers(options), {
    ...shared,
    onError: orPass((error) => spekoErrorResponse(toSpekoError(error, log))),
  });
  bindRoutes(app, pickRoutes(openAiRoutes, OPENAI_CALLS), createOpenAiHandlers(options), {
    ...shared,
    onError: orPass((error) => openAiErrorResponse(toOpenAiError(error, log))),
  });
}

type GatewayBinding = Pick<BindOptions, 'keyring' | 'limits' | 'baseUrlOf' | 'clientAddressHeader'>;

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

export function bindGateway(app: Hono, options: GatewayAppOptions, binding: GatewayBinding): void {
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

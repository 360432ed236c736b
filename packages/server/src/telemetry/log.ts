/** Structured logs. Speech, prompts, names, keys and vendor bodies never go into them. */
import { type Logger, pino } from 'pino';

export type Log = Logger;

export function createLog(options: { readonly level: string }): Log {
  return pino({
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['*.apiKey', '*.authorization', '*.key', 'apiKey', 'authorization'],
  });
}

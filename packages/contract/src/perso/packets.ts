/** Frames of the `message` data channel, section 6 of the contract: one JSON object `{type, data}` per text frame. */
import { z } from 'zod';

const text = z.string().max(20_000);
const language = z.string().max(16).optional().catch(undefined);

export const clientPacket = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping') }),
  z.object({
    type: z.literal('change-size'),
    data: z.object({ width: z.number().finite(), height: z.number().finite() }),
  }),
  z.object({ type: z.literal('ttstf'), data: z.object({ message: text }) }),
  z.object({
    type: z.literal('stf'),
    data: z.object({
      message: text.catch(''),
      file_ref: z.string().max(255),
      format: z.string().max(64).optional().catch(undefined),
    }),
  }),
  z.object({ type: z.literal('clear-buffer') }),
  z.object({ type: z.literal('record-start') }),
  z.object({
    type: z.literal('record-end-stt'),
    data: z.object({ language }).catch({ language: undefined }),
  }),
  z.object({
    type: z.literal('record-end-translate'),
    data: z.object({ src_lang: language, dst_lang: language }),
  }),
  z.object({
    type: z.literal('set-template'),
    data: z.object({
      model: z.string().max(255).nullish().catch(undefined),
      dress: z.string().max(255).nullish().catch(undefined),
    }),
  }),
  z.object({
    type: z.literal('chat'),
    data: z.object({
      message: text,
      history: z
        .array(z.object({ role: z.string().max(32), content: text }))
        .max(1000)
        .catch([]),
    }),
  }),
  z.object({ type: z.literal('hello') }),
  z.object({ type: z.literal('renew-session') }),
  /** From clients that can recover: the connection is closed on purpose. Not part of the published contract. */
  z.object({ type: z.literal('leave') }),
]);

export type ClientPacket = z.infer<typeof clientPacket>;

export type ServerPacket =
  | { readonly type: 'ping'; readonly data: Record<string, never> }
  | { readonly type: 'stf'; readonly data: { readonly message: string; readonly duration: number } }
  | { readonly type: 'stf-start'; readonly data: { readonly name: string; readonly duration: number } }
  | { readonly type: 'stt'; readonly data: { readonly text: string } }
  | { readonly type: 'stt-error'; readonly data: { readonly code: number } }
  | { readonly type: 'translate-error'; readonly data: { readonly code: number } };

/** The label of the command channel, and of the channel that a client opens for each file it uploads. */
export const MESSAGE_CHANNEL_LABEL = 'message';
export const FILE_CHANNEL_LABEL = 'file';

/** Reads one inbound frame; null for anything that is not a known packet (the contract says: ignore it). */
export function parseClientPacket(frame: unknown): ClientPacket | null {
  if (typeof frame !== 'string') return null;
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch {
    return null;
  }
  const parsed = clientPacket.safeParse(json);
  return parsed.success ? parsed.data : null;
}

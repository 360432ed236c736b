/** What a session may use, and the names that stand for "the default". */
import type { CapabilityName } from '@visavox/contract';
import type { SessionRow } from '../store/store.ts';

export const DEFAULT_NAMES = { llmType: 'gpt-35', ttsType: 'yuri', sttType: 'default' } as const;

/** What sessions need to know of an installed model style. */
export interface ModelStyleInfo {
  readonly name: string;
  /** Tuning values by key; those of `STYLE_CONFIGS` have a meaning here. */
  readonly configs: Readonly<Record<string, string>>;
}

/** Where the figure stands when a session does not say, and the voice that fits it. */
const STYLE_CONFIGS = {
  left: 'padding_left',
  top: 'padding_top',
  height: 'padding_height',
  voice: 'tts_type',
} as const;

/** Placement of a session's figure: what the session says, else what its style says. */
export function placementOf(row: SessionRow, style: ModelStyleInfo | undefined) {
  const configured = (key: string, usual: number): number => {
    const value = Number(style?.configs[key] ?? usual);
    return Number.isFinite(value) ? value : usual;
  };
  return {
    left: row.paddingLeft ?? configured(STYLE_CONFIGS.left, 0),
    top: row.paddingTop ?? configured(STYLE_CONFIGS.top, 0),
    height: row.paddingHeight ?? configured(STYLE_CONFIGS.height, 1),
  };
}

/** The voice of a session: what the session says, else what fits its style. */
export function voiceOf(row: SessionRow, style: ModelStyleInfo | undefined): string {
  return row.ttsType ?? style?.configs[STYLE_CONFIGS.voice] ?? DEFAULT_NAMES.ttsType;
}

/** Whether the session may use a feature. A session without declared capabilities has those its types imply. */
export function hasCapability(row: SessionRow, name: CapabilityName): boolean {
  if (row.capability.includes(name)) return true;
  if (!row.legacyClient) return false;
  return (
    (name === 'LLM' && row.llmType !== null) ||
    (name === 'TTS' && row.ttsType !== null) ||
    (name === 'STT' && row.sttType !== null)
  );
}

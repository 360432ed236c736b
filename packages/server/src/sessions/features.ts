/** What a session may use, and the names that stand for "the default". */
import type { CapabilityName } from '@visavox/contract';
import type { SessionRow } from '../store/store.ts';

export const DEFAULT_NAMES = { llmType: 'gpt-35', ttsType: 'yuri', sttType: 'default' } as const;

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

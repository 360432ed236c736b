/** Parsed rule sets, shared by all sessions: they are immutable, and replaced when the stored one changes. */
import type { Store } from '../store/store.ts';
import { parseTextRules, type TextRules } from '../text/index.ts';

const MAX_KEPT = 100;

export function createRuleCache(
  store: Pick<Store, 'textNormalizationConfigs'>,
): (configId: string) => Promise<TextRules | undefined> {
  const kept = new Map<string, { readonly version: number; readonly rules: TextRules }>();
  return async (configId) => {
    const row = await store.textNormalizationConfigs.find(configId);
    if (row === undefined) {
      kept.delete(configId);
      return undefined;
    }
    const version = row.updatedAt.getTime();
    const known = kept.get(configId);
    if (known?.version === version) return known.rules;
    const rules = parseTextRules(row.rules);
    kept.delete(configId);
    kept.set(configId, { version, rules });
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT) break;
      kept.delete(oldest);
    }
    return rules;
  };
}

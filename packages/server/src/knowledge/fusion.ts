/** One ranking out of several that cannot be compared by their scores: only the ranks count. */

/** Makes the first ranks differ less than the presence in several rankings. */
const RANK_OFFSET = 20;

/**
 * Fuses rankings of ids, best first. A score of 1 means first in all of them.
 * @example
 * fuseRankings([[1, 2], [2]]); // 2 comes first: both rankings have it
 */
export function fuseRankings(
  rankings: readonly (readonly number[])[],
): readonly { readonly id: number; readonly score: number }[] {
  const scores = new Map<number, number>();
  for (const ranking of rankings) {
    ranking.forEach((id, rank) => {
      const share = (RANK_OFFSET + 1) / (RANK_OFFSET + 1 + rank) / rankings.length;
      scores.set(id, (scores.get(id) ?? 0) + share);
    });
  }
  return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score);
}

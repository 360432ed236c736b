/** Paragraphs of a plain text file: what stands between empty lines. */
import { type Block, type TextBudget, tidyText } from './document.ts';

/** @throws {DocumentError} when the text is longer than the budget. */
export function extractText(text: string, budget: TextBudget): readonly Block[] {
  budget.spend(text.length);
  const blocks: Block[] = [];
  for (const part of text.split(/\r?\n[^\S\n]*(?:\r?\n\s*)+|\f/)) {
    const tidy = tidyText(part);
    if (tidy !== '') blocks.push({ kind: 'paragraph', text: tidy });
  }
  return blocks;
}

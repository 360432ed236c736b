/** Paragraphs and headings from the lines of printed pages, by their size, place and ends. */
import { type Block, tidyText } from './document.ts';

export interface PageLine {
  /** On one line, never empty. */
  readonly text: string;
  readonly sizePoints: number;
  /** Of its left end. */
  readonly xPoints: number;
  /** Of its base, upward from the bottom of the page. */
  readonly yPoints: number;
}

/** A line that much larger than most text is a heading. */
const HEADING_SCALE = 1.15;
const MAX_HEADING_CHARACTERS = 160;
const MAX_HEADING_LEVELS = 4;
/** From base to base, in sizes of the text; more is a gap between paragraphs. */
const MAX_LINE_PITCH = 1.75;
/** Lines at an edge of the page that may be its header or footer. */
const EDGE_LINES = 2;
const BULLET = /^(?:[•‣▪●○◦∙·–—*-]|\(?\d{1,3}[.)]|[①-⑳]|[가-하][.)])\s+/u;
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}。、，．「」（）]/u;

/** Lines of each page in reading order become blocks; headers, footers and page numbers are left out. */
export function linesToBlocks(pages: readonly (readonly PageLine[])[]): readonly Block[] {
  const bodySize = findBodySize(pages.flat());
  const lines = withoutEdges(pages, bodySize);
  const levels = findHeadingSizes(lines, bodySize);
  const blocks: Block[] = [];
  let before: PageLine | undefined;
  let open: { kind: 'paragraph' | 'item'; text: string } | undefined;
  const end = () => {
    const text = open === undefined ? '' : tidyText(open.text);
    if (open !== undefined && text !== '') blocks.push({ kind: open.kind, text });
    open = undefined;
  };
  for (const line of lines) {
    const level = levels.indexOf(sizeClass(line)) + 1;
    if (level > 0 && line.text.length <= MAX_HEADING_CHARACTERS) {
      end();
      const last = blocks.at(-1);
      if (last?.kind === 'heading' && last.level === level && isNext(before, line)) {
        blocks[blocks.length - 1] = { ...last, text: joinLines(last.text, line.text) };
      } else blocks.push({ kind: 'heading', level, text: line.text });
    } else if (BULLET.test(line.text)) {
      end();
      open = { kind: 'item', text: line.text };
    } else if (open !== undefined && continues(before, line, open.text))
      open.text = joinLines(open.text, line.text);
    else {
      end();
      open = { kind: 'paragraph', text: line.text };
    }
    before = line;
  }
  end();
  return blocks;
}

/** Drops small first and last lines that most pages share, apart from their numbers. */
function withoutEdges(pages: readonly (readonly PageLine[])[], bodySize: number): readonly PageLine[] {
  const counts = new Map<string, number>();
  const edgesOf = (page: readonly PageLine[]) =>
    new Set([...page.slice(0, EDGE_LINES), ...page.slice(-EDGE_LINES)].map(pattern));
  for (const page of pages) {
    for (const edge of edgesOf(page)) counts.set(edge, (counts.get(edge) ?? 0) + 1);
  }
  const isRepeated = (line: PageLine) => (counts.get(pattern(line)) ?? 0) > Math.max(2, pages.length / 2);
  return pages.flatMap((page) =>
    page.filter((line, index) => {
      const isEdge = (index < EDGE_LINES || index >= page.length - EDGE_LINES) && sizeClass(line) <= bodySize;
      return !isEdge || (!isRepeated(line) && !/^[-–\s]*\d{1,4}[-–\s]*$/.test(line.text));
    }),
  );
}

function pattern(line: PageLine): string {
  return line.text.replace(/\d+/g, '0');
}

/** The size that most characters have. */
function findBodySize(lines: readonly PageLine[]): number {
  const characters = new Map<number, number>();
  for (const line of lines) {
    const size = sizeClass(line);
    characters.set(size, (characters.get(size) ?? 0) + line.text.length);
  }
  let best = 0;
  for (const [size, count] of characters) if (count > (characters.get(best) ?? 0)) best = size;
  return best;
}

/** Sizes of headings, largest first. */
function findHeadingSizes(lines: readonly PageLine[], bodySize: number): readonly number[] {
  const sizes = new Set<number>();
  for (const line of lines) if (sizeClass(line) >= bodySize * HEADING_SCALE) sizes.add(sizeClass(line));
  return [...sizes].sort((a, b) => b - a).slice(0, MAX_HEADING_LEVELS);
}

/** In half points: renderers round differently. */
function sizeClass(line: PageLine): number {
  return Math.round(line.sizePoints * 2) / 2;
}

/** Right below, or at the top of the next column or page. */
function isNext(before: PageLine | undefined, line: PageLine): boolean {
  if (before === undefined) return false;
  const down = before.yPoints - line.yPoints;
  return down < MAX_LINE_PITCH * Math.max(before.sizePoints, line.sizePoints);
}

function continues(before: PageLine | undefined, line: PageLine, text: string): boolean {
  if (before === undefined || sizeClass(before) !== sizeClass(line) || !isNext(before, line)) return false;
  const isElsewhere = line.yPoints > before.yPoints;
  const isEnded = /[.!?。！？:：]["'”’)\]]*$/u.test(text);
  if (isElsewhere) return !isEnded;
  const isIndented = line.xPoints - before.xPoints > line.sizePoints * 0.8;
  return !(isIndented && isEnded);
}

function joinLines(above: string, below: string): string {
  if (/\p{Ll}-$/u.test(above) && /^\p{Ll}/u.test(below)) return above.slice(0, -1) + below;
  const isCjk = CJK.test(above.at(-1) ?? '') && CJK.test(below.charAt(0));
  return isCjk ? above + below : `${above} ${below}`;
}

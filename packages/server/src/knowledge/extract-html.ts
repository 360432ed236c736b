/** Headings, paragraphs, list items and table rows of an HTML page, in one pass without building a tree. */
import { Parser } from 'htmlparser2';
import { decodeText } from './decode-text.ts';
import { type Block, type TextBudget, tidyText } from './document.ts';

/** Elements whose content is no text of the document. */
const SKIPPED = new Set(
  'script style noscript template nav svg math iframe object canvas video audio select button textarea input datalist dialog'.split(
    ' ',
  ),
);
const BLOCK = new Set(
  'address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form header hgroup hr html legend main menu ol p pre search section summary table tbody tfoot thead ul'.split(
    ' ',
  ),
);

/** Decodes a page by its byte order mark, its content or the encoding that it names. */
export function decodeHtml(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 2048)).toString('latin1');
  return decodeText(bytes, /charset\s*=\s*["']?([\w-]{1,40})/i.exec(head)?.[1]);
}

/** @throws {DocumentError} when the text is longer than the budget. */
export function extractHtml(
  html: string,
  budget: TextBudget,
): { readonly title?: string; readonly blocks: readonly Block[] } {
  const writer = new BlockWriter(budget);
  // Open elements from the outermost skipped one inward. The parser closes every element it opens, void ones too.
  let skippedDepth = 0;
  let isInTitle = false;
  let title = '';
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (skippedDepth > 0 || SKIPPED.has(name) || isHidden(attributes)) {
          skippedDepth += 1;
          return;
        }
        if (name === 'title') isInTitle = true;
        else writer.open(name);
      },
      ontext(text) {
        if (skippedDepth > 0) return;
        if (isInTitle) title += text.slice(0, 500);
        else writer.write(text);
      },
      onclosetag(name) {
        if (skippedDepth > 0) {
          skippedDepth -= 1;
          return;
        }
        if (name === 'title') isInTitle = false;
        else writer.close(name);
      },
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  parser.write(html);
  parser.end();
  const blocks = writer.end();
  const tidyTitle = tidyText(title).replaceAll('\n', ' ').slice(0, 300);
  return tidyTitle === '' ? { blocks } : { title: tidyTitle, blocks };
}

/** Text of a short piece of HTML. */
export function plainText(html: string): string {
  let text = '';
  const parser = new Parser({
    ontext(data) {
      text += data;
    },
  });
  parser.write(html);
  parser.end();
  return text;
}

class BlockWriter {
  readonly #budget: TextBudget;
  readonly #blocks: Block[] = [];
  #text = '';
  #cells: string[] | undefined;
  #level: number | undefined;
  #isItem = false;
  #preformattedDepth = 0;

  constructor(budget: TextBudget) {
    this.#budget = budget;
  }

  open(name: string): void {
    const level = headingLevel(name);
    if (level !== undefined) {
      this.#flush();
      this.#level = level;
    } else if (name === 'tr') {
      this.#flush();
      this.#cells = [];
    } else if (name === 'li') {
      this.#flush();
      this.#isItem = true;
    } else if (name === 'br') this.#text += '\n';
    else if (name === 'td' || name === 'th') this.#endCell();
    else if (BLOCK.has(name)) this.#breakBlock();
    if (name === 'pre') this.#preformattedDepth += 1;
  }

  write(text: string): void {
    this.#budget.spend(text.length);
    this.#text += this.#preformattedDepth > 0 ? text : text.replace(/\s+/g, ' ');
  }

  close(name: string): void {
    if (name === 'td' || name === 'th') this.#endCell();
    else if (name === 'tr' || name === 'table') this.#endRow();
    else if (headingLevel(name) !== undefined || name === 'li') this.#flush();
    else if (BLOCK.has(name)) this.#breakBlock();
    if (name === 'pre') this.#preformattedDepth = Math.max(0, this.#preformattedDepth - 1);
  }

  end(): readonly Block[] {
    this.#endRow();
    this.#flush();
    return this.#blocks;
  }

  /** Inside a table cell and a list item a paragraph is only a new line. */
  #breakBlock(): void {
    if (this.#cells !== undefined) this.#text += '\n';
    else if (this.#isItem && this.#text.trim() === '') this.#text = '';
    else this.#flush();
  }

  #endCell(): void {
    const cell = tidyText(this.#text).replaceAll('\n', ' ');
    if (this.#cells !== undefined) {
      this.#text = '';
      if (cell !== '') this.#cells.push(cell);
    }
  }

  #endRow(): void {
    if (this.#cells === undefined) return;
    this.#endCell();
    const text = this.#cells.join(' | ');
    this.#cells = undefined;
    if (text !== '') this.#blocks.push({ kind: 'row', text });
  }

  #flush(): void {
    if (this.#cells !== undefined) {
      this.#text += '\n';
      return;
    }
    const text = tidyText(this.#text);
    const level = this.#level;
    const isItem = this.#isItem;
    this.#text = '';
    this.#level = undefined;
    this.#isItem = false;
    if (text === '') return;
    if (level !== undefined) this.#blocks.push({ kind: 'heading', level, text: text.replaceAll('\n', ' ') });
    else this.#blocks.push({ kind: isItem ? 'item' : 'paragraph', text });
  }
}

function headingLevel(name: string): number | undefined {
  return /^h[1-6]$/.test(name) ? Number(name.charAt(1)) : undefined;
}

function isHidden(attributes: Readonly<Record<string, string>>): boolean {
  return 'hidden' in attributes || attributes['aria-hidden'] === 'true';
}

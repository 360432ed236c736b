/** Headings, paragraphs, list items and table rows of a Markdown file. */
import { lexer, type Token, type Tokens } from 'marked';
import { type Block, type TextBudget, tidyText } from './document.ts';
import { extractHtml, plainText } from './extract-html.ts';

/** @throws {DocumentError} when the text is longer than the budget. */
export function extractMarkdown(
  markdown: string,
  budget: TextBudget,
): { readonly title?: string; readonly blocks: readonly Block[] } {
  budget.spend(markdown.length);
  const { title, body } = splitFrontMatter(markdown.replace(/^\ufeff/, ''));
  const blocks: Block[] = [];
  addBlocks(lexer(body, { gfm: true }), blocks, budget);
  return title === undefined ? { blocks } : { title, blocks };
}

/** Settings between two lines of dashes at the very start are no text, except for the title. */
function splitFrontMatter(text: string): { readonly title?: string; readonly body: string } {
  const match = /^---[^\S\n]*\r?\n([\s\S]{0,20000}?)\r?\n(?:---|\.\.\.)[^\S\n]*(?:\r?\n|$)/.exec(text);
  if (!match || !/^[\w-]+[^\S\n]*:/m.test(match[1] ?? '')) return { body: text };
  const body = text.slice(match[0].length);
  const title = /^title[^\S\n]*:[^\S\n]*(.+)$/im
    .exec(match[1] ?? '')?.[1]
    ?.trim()
    .replace(/^(["'])(.*)\1$/, '$2');
  return title === undefined || title === '' ? { body } : { title: tidyText(title).slice(0, 300), body };
}

function addBlocks(tokens: readonly Token[], blocks: Block[], budget: TextBudget): void {
  for (const token of tokens) {
    // `Token` includes a generic kind for extensions, which nobody installs here; so `type` tells which it is.
    switch (token.type) {
      case 'heading': {
        const { depth, tokens: inline } = token as Tokens.Heading;
        addHeading(depth, inlineText(inline), blocks);
        break;
      }
      case 'list':
        for (const item of (token as Tokens.List).items) addItem(item, blocks, budget);
        break;
      case 'table': {
        const { header, rows } = token as Tokens.Table;
        for (const row of [header, ...rows]) {
          add(
            'row',
            row
              .map(({ tokens: cell }) => tidyText(inlineText(cell)))
              .filter(Boolean)
              .join(' | '),
            blocks,
          );
        }
        break;
      }
      case 'blockquote':
        addBlocks((token as Tokens.Blockquote).tokens, blocks, budget);
        break;
      case 'html':
        // Its length has been counted with the whole text.
        blocks.push(...extractHtml((token as Tokens.HTML).text, budget).blocks);
        break;
      case 'code':
        add('paragraph', (token as Tokens.Code).text, blocks);
        break;
      case 'paragraph':
      case 'text':
        add('paragraph', inlineText([token]), blocks);
        break;
      default:
        break;
    }
  }
}

function addItem(item: Tokens.ListItem, blocks: Block[], budget: TextBudget): void {
  const nested = item.tokens.filter(({ type }) => type === 'list');
  const own: Block[] = [];
  addBlocks(
    item.tokens.filter(({ type }) => type !== 'list'),
    own,
    budget,
  );
  add('item', own.map(({ text }) => text).join('\n'), blocks);
  addBlocks(nested, blocks, budget);
}

function addHeading(level: number, text: string, blocks: Block[]): void {
  const tidy = tidyText(text).replaceAll('\n', ' ');
  if (tidy !== '') blocks.push({ kind: 'heading', level, text: tidy });
}

function add(kind: 'paragraph' | 'item' | 'row', text: string, blocks: Block[]): void {
  const tidy = tidyText(text);
  if (tidy !== '') blocks.push({ kind, text: tidy });
}

function inlineText(tokens: readonly Token[]): string {
  let text = '';
  for (const token of tokens) {
    if (token.type === 'br') text += '\n';
    else if (token.type === 'html' || token.type === 'checkbox') continue;
    else if ('tokens' in token && token.tokens) text += inlineText(token.tokens);
    else if ('text' in token && typeof token.text === 'string') {
      text +=
        token.text.includes('&') && token.type !== 'codespan'
          ? plainText(token.text.replaceAll('<', '&lt;'))
          : token.text;
    }
  }
  return text;
}

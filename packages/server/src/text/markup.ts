/** Removes what is written but not said: Markdown, HTML tags, emoji. */

const EMOJI =
  /\p{Extended_Pictographic}|[\u{1F1E6}-\u{1F1FF}]|[\u{1F3FB}-\u{1F3FF}]|\u200D|\uFE0F|\u20E3|[\u{E0020}-\u{E007F}]/gu;

/** Text without emoji; digits, © and similar signs that also count as symbols of text stay. */
export function stripEmoji(text: string): string {
  return text.replace(EMOJI, (sign) => (/[©®™↔-↩]/u.test(sign) ? sign : ''));
}

/**
 * Text without Markdown and emoji: link texts stay, addresses of links go, list items and headings become sentences of
 * their own, code keeps its words.
 */
export function stripMarkup(text: string): string {
  return stripEmoji(text)
    .replace(/```[^\n]*\n?/g, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<\/?[a-z][^>]*>/gi, ' ')
    .replace(/^[ \t]*\|?[ \t:|-]*-{3,}[ \t:|-]*$/gm, '')
    .replace(/^[ \t]*\|(.*)\|[ \t]*$/gm, (_line, cells: string) =>
      cells
        .split('|')
        .map((cell) => cell.trim())
        .join(', '),
    )
    .replace(/^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t#]*$/gm, (_line, title: string) => endSentence(title))
    .replace(/^[ \t]*(?:[-*+•])[ \t]+(.*)$/gm, (_line, item: string) => endSentence(item))
    .replace(/^[ \t]*>[ \t]?/gm, '')
    .replace(/(\*\*|__|~~)(?=\S)(.+?)\1/gs, '$2')
    .replace(/(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]+?)\*(?![\p{L}\p{N}*])/gu, '$1')
    .replace(/(?<![\p{L}\p{N}_])_(?=\S)([^_\n]+?)_(?![\p{L}\p{N}_])/gu, '$1')
    .replace(/`+/g, '')
    .replace(/[ \t]{2,}/g, ' ');
}

function endSentence(line: string): string {
  const text = line.trim();
  return text === '' || /[.!?:;,。！？…]$/u.test(text) ? text : `${text}.`;
}

/** What the stand-in reads out of a prompt of the AI SDK. */
import type { JSONValue, LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider';

export interface ToolOutcome {
  readonly toolName: string;
  readonly failed: boolean;
  readonly value: JSONValue | undefined;
}

export interface Conversation {
  /** All system messages, joined by line ends. */
  readonly instructions: string;
  /** What the user said last; consecutive user messages are one. `''` when there is none. */
  readonly request: string;
  readonly previousRequest: string;
  /** What the assistant said between the previous request and this one. */
  readonly previousReply: string;
  readonly userTexts: readonly string[];
  /** Results of tools that were called for this request. */
  readonly outcomes: readonly ToolOutcome[];
}

export function readConversation(prompt: LanguageModelV4Prompt): Conversation {
  const instructions: string[] = [];
  const requests: { text: string; reply: string }[] = [];
  let outcomes: ToolOutcome[] = [];
  let isUserTurn = false;
  for (const message of prompt) {
    if (message.role === 'system') {
      instructions.push(message.content);
      continue;
    }
    if (message.role === 'user') {
      const text = message.content
        .map((part) => (part.type === 'text' ? part.text : ''))
        .join(' ')
        .trim();
      const last = requests.at(-1);
      if (isUserTurn && last) last.text = `${last.text} ${text}`.trim();
      else requests.push({ text, reply: '' });
      outcomes = [];
      isUserTurn = true;
      continue;
    }
    isUserTurn = false;
    for (const part of message.content) {
      const last = requests.at(-1);
      if (part.type === 'text' && last) last.reply += part.text;
      if (part.type === 'tool-result') outcomes.push(readOutcome(part));
    }
  }
  const last = requests.at(-1);
  const previous = requests.at(-2);
  return {
    instructions: instructions.join('\n'),
    request: last?.text ?? '',
    previousRequest: previous?.text ?? '',
    previousReply: previous?.reply ?? '',
    userTexts: requests.map(({ text }) => text),
    outcomes,
  };
}

function readOutcome({ toolName, output }: LanguageModelV4ToolResultPart): ToolOutcome {
  switch (output.type) {
    case 'text':
      return checkValue(toolName, parseIfJson(output.value));
    case 'json':
      return checkValue(toolName, output.value);
    case 'error-text':
    case 'error-json':
      return { toolName, failed: true, value: output.value };
    case 'execution-denied':
      return { toolName, failed: true, value: output.reason };
    case 'content': {
      const text = output.value.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
      return checkValue(toolName, parseIfJson(text.trim()));
    }
  }
}

/** Clients report a failed tool as `{"error": …}` or `{"result": "error!"}`. */
function checkValue(toolName: string, value: JSONValue | undefined): ToolOutcome {
  const isObject = typeof value === 'object' && value !== null;
  const members = new Map(isObject ? Object.entries(value) : []);
  const failed =
    Boolean(members.get('error')) || members.get('result') === 'error!' || members.get('isError') === true;
  return { toolName, failed, value };
}

function parseIfJson(text: string): JSONValue {
  try {
    // What JSON.parse returns is a JSON value by definition.
    return JSON.parse(text) as JSONValue;
  } catch {
    return text;
  }
}

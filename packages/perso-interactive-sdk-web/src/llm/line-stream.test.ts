import { describe, expect, it } from 'vitest';
import { LLMStreamingResponseError } from '../errors.ts';
import { createLineSplitter, MAX_LINE_LENGTH, parseLlmLine } from './line-stream.ts';

const encoder = new TextEncoder();

function split(chunks: readonly Uint8Array[]): string[] {
  const splitter = createLineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

describe('splitting lines', () => {
  it('trims, keeps empty lines, and hands over an unfinished tail', () => {
    expect(split([encoder.encode('a\r\n\n  b \nc ')])).toEqual(['a', '', 'b', 'c']);
    expect(split([encoder.encode('a\n')])).toEqual(['a']);
    expect(split([encoder.encode('a\n  \r')])).toEqual(['a']);
    expect(split([])).toEqual([]);
  });

  it('hands over a line as soon as it is complete', () => {
    const splitter = createLineSplitter();
    expect(splitter.push(encoder.encode('da'))).toEqual([]);
    expect(splitter.push(encoder.encode('ta\nnext'))).toEqual(['data']);
    expect(splitter.push(encoder.encode('\n'))).toEqual(['next']);
  });

  it('finds the same lines however the bytes are cut', () => {
    const random = seededRandom(7);
    const letters = ['a', ' ', '{', 'é', '한', '😀', '👨‍👩‍👧', '"', '\r', '\n', '\n'];
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 60 }, () => letters[Math.floor(random() * letters.length)]).join('');
      const bytes = encoder.encode(text);
      const chunks: Uint8Array[] = [];
      for (let start = 0; start < bytes.length; ) {
        const end = start + Math.floor(random() * 6);
        chunks.push(bytes.slice(start, end));
        start = end;
      }
      const lines = text.split('\n').map((line) => line.trim());
      if (lines.at(-1) === '') lines.pop();
      expect(split(chunks)).toEqual(lines);
    }
  });

  it('gives up on a line without end', () => {
    const splitter = createLineSplitter();
    const chunk = new Uint8Array(MAX_LINE_LENGTH / 4).fill(97);
    for (let count = 0; count < 4; count++) splitter.push(chunk);
    expect(() => splitter.push(chunk)).toThrow(LLMStreamingResponseError);
  });
});

// keeps: sdk-9.3-grammar
describe('reading lines', () => {
  const description = (line: string): string => {
    try {
      parseLlmLine(line);
    } catch (error) {
      if (error instanceof LLMStreamingResponseError) return error.description;
      throw error;
    }
    return 'no error';
  };

  it.each([
    '',
    ': comment',
    'event: x',
    'data: [DONE]',
    'data:{}',
    'data:  {}',
    '{"status":"success"}',
    'DATA: {}',
  ])('refuses %j', (line) => {
    expect(description(line)).toBe('Failed to parse SSE response');
  });

  it.each([
    ['data: {', 'Failed to parse SSE JSON'],
    ['data: {"status":"success"', 'Failed to parse SSE JSON'],
    ['data: {"status":"fail","reason":"No credit"}', 'No credit'],
    ['data: {"status":"fail"}', 'No reason given'],
    ['data: {}', 'No reason given'],
    ['data: {"status":"success","type":"message","content":null}', 'Message without text'],
  ])('%s: %s', (line, expected) => {
    expect(description(line)).toBe(expected);
  });

  it.each([
    [
      { type: 'message', role: 'tool', content: '' },
      { type: 'text', text: '' },
    ],
    [{ type: 'finish' }, { type: 'other' }],
    [{ type: 'novelty', content: 5 }, { type: 'other' }],
    [{}, { type: 'other' }],
    [
      { type: 'tool_call', role: 'tool', content: 'r', tool_call_id: 'c1' },
      { type: 'remote-result', entry: { type: 'tool_call', role: 'tool', content: 'r', tool_call_id: 'c1' } },
    ],
  ])('%j', (event, expected) => {
    expect(parseLlmLine(`data: ${JSON.stringify({ status: 'success', ...event })}`)).toEqual(expected);
  });

  it('keeps a tool request as received, and drops calls without a name', () => {
    const tool_calls = [
      { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } },
      null,
      { id: 'c2' },
    ];
    const event = { type: 'tool_call', role: null, content: null, tool_calls };
    expect(parseLlmLine(`data: ${JSON.stringify({ status: 'success', ...event })}`)).toEqual({
      type: 'tool-request',
      entry: event,
      received: tool_calls,
      calls: [{ id: 'c1', name: 'f', arguments: '{}' }],
    });
  });

  it('ends no other way than with its own error, whatever comes', () => {
    const random = seededRandom(3);
    const parts = [
      'data: ',
      '{',
      '}',
      '"status"',
      ':',
      '"success"',
      ',',
      '"type"',
      '"tool_call"',
      '"tool_calls"',
      '[',
    ];
    for (let round = 0; round < 2_000; round++) {
      const line = Array.from({ length: 12 }, () => parts[Math.floor(random() * parts.length)]).join('');
      expect(typeof description(line)).toBe('string');
    }
  });
});

function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

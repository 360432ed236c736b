import { expect, test } from 'vitest';
import { encodeLlmEvent, type LlmEvent } from './llm-events.ts';

const events: LlmEvent[] = [
  { type: 'message', content: ' Line\nbreak, "quotes" and \u2028 separators.' },
  {
    type: 'tool_call',
    content: null,
    toolCalls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }],
  },
  { type: 'tool_result', toolCallId: '1', content: '{"ok":true}' },
  { type: 'finish' },
  { type: 'fail', reason: 'no\nmodel' },
];

// keeps: perso-4.2.1-prefix, perso-4.2.1-json
test.each(events)('$type is one line that published clients accept', (event) => {
  const line = encodeLlmEvent(event);
  expect(line.startsWith('data: {')).toBe(true);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(() => JSON.parse(line.slice('data: '.length))).not.toThrow();
});

// keeps: perso-4.2.2-message, perso-4.2.2-tool-result
test('the wire form of each event', () => {
  expect(encodeLlmEvent({ type: 'finish' })).toBe('data: {"status":"success","type":"finish"}\n');
  expect(encodeLlmEvent({ type: 'fail', reason: 'x' })).toBe('data: {"status":"fail","reason":"x"}\n');
  expect(encodeLlmEvent({ type: 'message', content: 'Hi.' })).toBe(
    'data: {"status":"success","type":"message","role":"assistant","content":"Hi."}\n',
  );
  expect(encodeLlmEvent({ type: 'tool_result', toolCallId: 'c', content: '5' })).toBe(
    'data: {"status":"success","type":"tool_call","role":"tool","content":"5","tool_call_id":"c"}\n',
  );
});

import { describe, expect, it, vi } from 'vitest';
import { ChatState, createChatStates } from './chat-state.ts';

function setUp() {
  const states = createChatStates();
  const seen: string[] = [];
  const unsubscribe = states.subscribe((active) => seen.push([...active].sort().join('+')));
  return { states, seen, unsubscribe };
}

describe('chat states', () => {
  it('have their names as values', () => {
    expect(Object.entries(ChatState)).toEqual(
      ['RECORDING', 'LLM', 'ANALYZING', 'SPEAKING', 'TTS'].map((name) => [name, name]),
    );
  });

  // keeps: sdk-9.1-states
  it('notify only of changes, and not on subscription', () => {
    const { states, seen } = setUp();
    states.update('LLM', null);
    states.update('LLM', null);
    states.update(null, 'TTS');
    states.update(null, 'LLM');
    expect(seen).toEqual(['LLM', '']);
  });

  // keeps: sdk-9.1-states
  it('count ANALYZING, down to zero', () => {
    const { states, seen } = setUp();
    states.update(null, 'ANALYZING');
    states.update('ANALYZING', null);
    states.update('ANALYZING', null);
    states.update(null, 'ANALYZING');
    expect(states.has('ANALYZING')).toBe(true);
    states.update(null, 'ANALYZING');
    expect(seen).toEqual(['ANALYZING', '']);
  });

  it('do not count the others', () => {
    const { states } = setUp();
    states.update('SPEAKING', null);
    states.update('SPEAKING', null);
    states.update(null, 'SPEAKING');
    expect(states.has('SPEAKING')).toBe(false);
  });

  it('swap in one notification', () => {
    const { states, seen } = setUp();
    states.update('ANALYZING', null);
    states.update('SPEAKING', 'ANALYZING');
    expect(seen).toEqual(['ANALYZING', 'SPEAKING']);
  });

  it('always notify of a full reset, and of a partial one only when something changed', () => {
    const { states, seen } = setUp();
    states.reset();
    states.reset('LLM');
    states.update('ANALYZING', null);
    states.update('ANALYZING', null);
    states.reset('ANALYZING', 'SPEAKING');
    expect(seen).toEqual(['', 'ANALYZING', '']);
  });

  // keeps: sdk-9.1-states
  it('give each subscriber a set of its own, survive their failures, and let them go', () => {
    const { states, seen, unsubscribe } = setUp();
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const sets = new Set<unknown>();
    states.subscribe((active) => {
      sets.add(active);
      active.clear();
      throw new Error('subscriber');
    });
    states.subscribe((active) => sets.add(active));
    states.update('LLM', null);
    expect(sets.size).toBe(2);
    expect([...sets][1]).toEqual(new Set(['LLM']));
    expect(error).toHaveBeenCalledOnce();
    unsubscribe();
    states.reset();
    expect(seen).toEqual(['LLM']);
    error.mockRestore();
  });
});

import { expect, it } from 'vitest';
import { createTurnTimings, type TurnTimings } from './turn-timings.ts';

it('notes each step once, and speech by the order in which it was ordered', () => {
  const recorder = createTurnTimings();
  const spoken: number[] = [];
  const unsubscribe = recorder.subscribe(({ turn, spokenMs, finishedMs }: TurnTimings) => {
    if (spokenMs !== undefined && finishedMs === undefined) spoken.push(turn);
  });
  const turns = [recorder.begin(), recorder.begin()];
  for (const turn of [...turns, ...turns]) {
    recorder.ordered();
    turn.ordered();
  }
  for (let count = 0; count < 6; count++) recorder.heard();
  expect(spoken).toEqual([1, 2]);
  unsubscribe();
  turns[0]?.end('completed');
});

it('stays bounded with a server that never announces speech', () => {
  const recorder = createTurnTimings();
  const spoken: number[] = [];
  recorder.subscribe(({ turn }) => spoken.push(turn));
  for (let count = 0; count < 150; count++) {
    const turn = recorder.begin();
    recorder.ordered();
    turn.ordered();
  }
  for (let count = 0; count < 150; count++) recorder.heard();
  expect(spoken).toHaveLength(100);
  expect(spoken[0]).toBe(51);
});

import { expect, test } from 'vitest';
import { createBells } from './bells.ts';

const never = new AbortController().signal;

test('a ring ends the wait, one before the wait too, and only of the same name', async () => {
  const bells = createBells();
  const [one, other] = [bells.listen('one'), bells.listen('other')];
  const waited = one.wait(60_000, never);
  bells.ring('one');
  await waited;
  bells.ring('one');
  await one.wait(60_000, never);
  let rang = false;
  const still = other.wait(60_000, never).then(() => {
    rang = true;
  });
  await Promise.resolve();
  expect(rang).toBe(false);
  bells.ring('other');
  await still;
});

test('a wait ends after a while and on abort; a closed bell is forgotten', async () => {
  const bells = createBells();
  const bell = bells.listen('one');
  await bell.wait(1, never);
  const controller = new AbortController();
  const waited = bell.wait(60_000, controller.signal);
  controller.abort();
  await waited;
  await bell.wait(60_000, controller.signal);
  bell.close();
  bell.close();
  bells.ring('one');
});

/** From `processChat` to the first sound of the answer in the page, with what a fresh installation has. */
import type { Measurement } from './bench.ts';
import { rowOf } from './table.ts';
import { type AnswerSteps, wait } from './visitor.ts';

const QUESTIONS = [
  'Hello, who are you?',
  'What can you do for me?',
  'What time is it?',
  'Tell me something about yourself.',
  'How are you today?',
];

export const measureAnswer: Measurement = async (bench) => {
  const platform = await bench.startPlatform({ vendor: 'embedded' });
  const visitor = await bench.openVisitor(platform);
  await visitor.connect('a', { widthPx: 360, heightPx: 640 });
  await visitor.watch('a');
  await wait(1500);
  const steps: AnswerSteps[] = [];
  for (let run = 0; run < (bench.quick ? 20 : 30); run += 1) {
    steps.push(await visitor.ask('a', QUESTIONS[run % QUESTIONS.length] ?? ''));
    await visitor.clear('a');
    await wait(700);
  }
  await visitor.close();
  return [
    rowOf(
      'processChat → first sound',
      'ms',
      steps.map(({ soundMs }) => soundMs),
      { text: 'median ≤ 500', holds: ({ median }) => median <= 500 },
    ),
    rowOf(
      '· first line of the answer',
      'ms',
      steps.map(({ llmLineMs }) => llmLineMs),
    ),
    rowOf(
      '· stf packet: speech begins to play',
      'ms',
      steps.map(({ stfMs }) => stfMs),
    ),
    rowOf(
      '· first sound after stf',
      'ms',
      steps.map(({ soundMs, stfMs }) => (stfMs === undefined ? undefined : soundMs - stfMs)),
    ),
  ];
};

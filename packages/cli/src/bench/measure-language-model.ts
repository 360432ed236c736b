/** Language models: how soon and how fast they answer, whether rightly, and whether they use a tool. */
import { count, isHopeless, type LanguageMeasurement, warmUp } from './measurements.ts';
import type { PaidCalls } from './paid-calls.ts';
import { isToolCallRight, type Question, SPEED_PROMPT, TOOL, TOOL_PROMPT } from './questions.ts';

/** An answer that is shorter, or comes at once, says nothing about speed. */
const MIN_SPEED_TOKENS = 8;
const MIN_SPEED_SECONDS = 0.05;

/** Asks for a longer text and for a tool call so many times, and each question once. */
export async function measureLanguageModel(
  measurement: LanguageMeasurement,
  questions: readonly Question[],
  rounds: number,
  { chat, report }: PaidCalls,
): Promise<void> {
  const { model } = measurement;
  const all = rounds * 2 + questions.length;
  let done = 0;
  const ask = async (prompt: string, tools?: readonly object[]) => {
    done += 1;
    report(`llm ${model.id}: ${done} of ${all}`);
    const answer = await count(measurement, () => chat(model, prompt, tools));
    // Tool calls come whole: their first token says something else.
    if (answer !== undefined && tools === undefined) {
      measurement.firstTokenMs.push(answer.firstTokenMs);
      measurement.totalMs.push(answer.totalMs);
    }
    return answer;
  };
  await warmUp(() => chat(model, SPEED_PROMPT));
  for (let round = 0; round < rounds; round += 1) {
    const answer = await ask(SPEED_PROMPT);
    if (isHopeless(measurement)) return;
    const seconds = answer === undefined ? 0 : (answer.totalMs - answer.firstTokenMs) / 1000;
    if (answer === undefined || answer.outputTokens < MIN_SPEED_TOKENS || seconds < MIN_SPEED_SECONDS)
      continue;
    measurement.tokensPerSecond.push((answer.outputTokens - 1) / seconds);
  }
  for (let round = 0; round < rounds; round += 1) {
    const answer = await ask(TOOL_PROMPT, [TOOL]);
    if (isHopeless(measurement)) return;
    if (answer !== undefined) measurement.toolCallsRight.push(answer.toolCalls.some(isToolCallRight));
  }
  for (const question of questions) {
    const answer = await ask(question.text);
    if (isHopeless(measurement)) return;
    if (answer !== undefined) measurement.answersRight.push(question.isRight(answer.text));
  }
}

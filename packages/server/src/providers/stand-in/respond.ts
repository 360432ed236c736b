/**
 * Decides what the stand-in answers. In this order: safety and stop words, tools, exact small talk, facts of the
 * prompt, and the honest answer that there is no language model.
 */
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { detectLanguage } from '../../text/language.ts';
import { readConversation } from './conversation.ts';
import { createFactIndex, type FactIndex } from './facts.ts';
import { phraseOutcomes } from './outcomes.ts';
import { type Language, readPersona, say } from './phrases.ts';
import type { Slot } from './slots.ts';
import { answerArithmetic, answerClock, matchSafety, matchSmallTalk, recallName } from './small-talk.ts';
import { decideTool, type ToolIntent } from './tools.ts';

export type StandInReply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly ToolIntent[] };

export interface StandInRequest {
  readonly prompt: LanguageModelV4CallOptions['prompt'];
  readonly tools?: LanguageModelV4CallOptions['tools'];
  readonly toolChoice?: LanguageModelV4CallOptions['toolChoice'];
}

export type Responder = (request: StandInRequest, now: Date) => StandInReply;

/** What is said in one breath; a longer text is no command and no question. */
const MAX_REQUEST_CHARACTERS = 1000;
/** Prompts are long and stay the same over a conversation, so their indexes are kept. */
const MAX_KEPT_INDEXES = 16;

/** Creates a responder; a reply takes about a millisecond. */
export function createResponder(): Responder {
  const indexes = new Map<string, FactIndex>();
  const indexFor = (instructions: string): FactIndex => {
    const index = indexes.get(instructions) ?? createFactIndex(instructions);
    indexes.delete(instructions);
    indexes.set(instructions, index);
    const oldest = indexes.keys().next().value;
    if (indexes.size > MAX_KEPT_INDEXES && oldest !== undefined) indexes.delete(oldest);
    return index;
  };

  return ({ prompt, tools, toolChoice }, now) => {
    const conversation = readConversation(prompt);
    const { instructions } = conversation;
    const request = conversation.request.slice(0, MAX_REQUEST_CHARACTERS);
    const language: Language = detectLanguage(request || instructions) === 'ko' ? 'ko' : 'en';
    const persona = readPersona(instructions);
    const text = (words: string): StandInReply => ({ kind: 'text', text: words });

    // A result is told, never answered with another call: a stand-in that errs must not loop.
    if (conversation.outcomes.length > 0) return text(phraseOutcomes(conversation.outcomes, language));
    if (request === '') return text(say('greeting', persona, language));

    const safety = matchSafety(request);
    if (safety) return text(say(safety, persona, language));

    const openRequest = isQuestionForSlot(conversation.previousReply)
      ? conversation.previousRequest
      : undefined;
    const decision = decideTool({ request, openRequest, tools, toolChoice });
    if (decision.kind === 'call') return { kind: 'calls', calls: decision.calls };
    if (decision.kind === 'ask') return text(askFor(decision.slot, language));

    const exact =
      answerClock(request, now, language) ??
      answerArithmetic(request, language) ??
      recallName(request, conversation.userTexts, language);
    if (exact) return text(exact);
    const smallTalk = matchSmallTalk(request);
    if (smallTalk) return text(say(smallTalk, persona, language));

    const facts = indexFor(instructions).find(request, 2);
    if (facts.length > 0) return text(facts.join(' '));
    if (!/[\p{L}\p{N}]/u.test(request)) return text(say('pardon', persona, language));
    return text(say('fallback', persona, language));
  };
}

/** The question for a missing argument. Its first words are how a later turn recognises it. */
function askFor(slot: Slot, language: Language): string {
  const name = slot.name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  const options = slot.schema.enum?.map(String) ?? [];
  if (language === 'ko') {
    const choice = options.length > 0 ? ` (${options.join(', ')} 중에서)` : '';
    return `${QUESTION_FOR_SLOT.ko} 필요한 값은 “${name}”입니다${choice}. 무엇으로 할까요?`;
  }
  const choice =
    options.length > 0
      ? ` It can be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(options)}.`
      : '';
  return `${QUESTION_FOR_SLOT.en} Which ${name} do you mean?${choice}`;
}

const QUESTION_FOR_SLOT = { en: 'I need one more thing.', ko: '한 가지만 더 알려주세요.' };

function isQuestionForSlot(reply: string): boolean {
  return Object.values(QUESTION_FOR_SLOT).some((opening) => reply.includes(opening));
}

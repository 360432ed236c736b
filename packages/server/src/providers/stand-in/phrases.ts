/** Everything the stand-in says of its own, in English and Korean. */

export type Language = 'en' | 'ko';

interface Persona {
  /** E.g. `Yuri`; `undefined` when the prompt names nobody. */
  readonly name: string | undefined;
  /** E.g. `a guide at the museum`. */
  readonly role: string | undefined;
}

type Phrase = (persona: Persona) => string;

export const PHRASES = {
  stop: { en: () => 'Okay.', ko: () => '네, 알겠습니다.' },
  distress: {
    en: () =>
      'I am sorry that you feel this way. I am only a program and cannot help as a person could. Please talk to someone you trust, or call your local emergency number or a crisis line right now.',
    ko: () =>
      '많이 힘드시겠어요. 저는 프로그램이라 사람만큼 도와드릴 수 없어요. 믿을 수 있는 분이나 자살예방 상담전화 109, 긴급 상황이면 119에 지금 연락해 주세요.',
  },
  greeting: {
    en: ({ name }) => `Hello! ${name ? `I am ${name}. ` : ''}How can I help you?`,
    ko: ({ name }) => `안녕하세요!${name ? ` 저는 ${name}입니다.` : ''} 무엇을 도와드릴까요?`,
  },
  introduction: {
    en: ({ name, role }) =>
      `I am ${name ? `${name}${role ? `, ${role}` : ''}` : 'the built-in assistant'}. For now a small built-in stand-in answers for me, not a language model, so I can use tools and quote what I was given to know.`,
    ko: ({ name, role }) =>
      `저는 ${name ? `${role && /\p{Script=Hangul}/u.test(role) ? `${role} ` : ''}${name}` : '기본 내장 도우미'}입니다. 지금은 언어 모델이 아니라 작은 내장 응답기가 대신 답하고 있어서, 도구를 쓰고 알고 있는 내용을 알려드리는 정도만 할 수 있어요.`,
  },
  name: {
    en: ({ name }) => (name ? `My name is ${name}.` : 'I have no name yet. I am the built-in stand-in.'),
    ko: ({ name }) => (name ? `제 이름은 ${name}입니다.` : '아직 이름이 없어요. 저는 내장 응답기입니다.'),
  },
  human: {
    en: () => 'I am not a person. I am a computer program, a simple built-in stand-in for a language model.',
    ko: () => '저는 사람이 아니라 컴퓨터 프로그램이에요. 언어 모델을 대신하는 간단한 내장 응답기입니다.',
  },
  abilities: {
    en: () =>
      'I can answer questions from the notes I was given, use the tools of this application, tell the time and do simple arithmetic. For free conversation, please connect a language model.',
    ko: () =>
      '제가 받은 자료에서 답을 찾고, 이 앱의 도구를 쓰고, 시간과 간단한 계산을 알려드릴 수 있어요. 자유로운 대화를 하려면 언어 모델을 연결해 주세요.',
  },
  thanks: { en: () => 'You are welcome!', ko: () => '천만에요!' },
  goodbye: { en: () => 'Goodbye! Have a nice day.', ko: () => '안녕히 가세요! 좋은 하루 보내세요.' },
  wellBeing: {
    en: () => 'I am running fine, thank you. How can I help you?',
    ko: () => '덕분에 잘 지내고 있어요. 무엇을 도와드릴까요?',
  },
  apology: { en: () => 'No problem at all.', ko: () => '괜찮습니다.' },
  praise: { en: () => 'Thank you, that is kind of you.', ko: () => '고맙습니다. 기분 좋은 말씀이네요.' },
  agreement: { en: () => 'Good. What would you like to know?', ko: () => '좋아요. 무엇이 궁금하세요?' },
  refusal: {
    en: () => 'All right. Tell me when you need something.',
    ko: () => '알겠습니다. 필요하시면 말씀해 주세요.',
  },
  joke: {
    en: () => 'Why did the robot go on holiday? It needed to recharge its batteries.',
    ko: () => '로봇이 휴가를 간 이유는 무엇일까요? 배터리를 충전해야 했거든요.',
  },
  pardon: { en: () => 'Could you say that again, please?', ko: () => '다시 한번 말씀해 주시겠어요?' },
  fallback: {
    en: () =>
      'I cannot answer that, because no language model is connected yet. To add one, set OPENAI_API_KEY, point OPENAI_BASE_URL at a compatible server, or run Ollama on this machine.',
    ko: () =>
      '아직 언어 모델이 연결되어 있지 않아 그 질문에는 답할 수 없어요. OPENAI_API_KEY를 설정하거나, OPENAI_BASE_URL에 호환 서버 주소를 넣거나, 이 컴퓨터에서 Ollama를 실행해 주세요.',
  },
} satisfies Record<string, Record<Language, Phrase>>;

export type PhraseName = keyof typeof PHRASES;

/** Says one phrase in the language of the user. */
export function say(name: PhraseName, persona: Persona, language: Language): string {
  return PHRASES[name][language](persona);
}

/** Reads name and role out of a system prompt such as `You are Yuri, a guide at the museum.` */
export function readPersona(instructions: string): Persona {
  const named =
    /\b[Yy]our name is ["“]?(\p{Lu}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]*)?|[\p{Script=Hangul}]{2,10})/u.exec(
      instructions,
    ) ??
    /\b(?:[Yy]ou are|[Yy]ou're|[Aa]ct as|[Pp]lay) (?:called |named )?["“]?((?!An? |The |Not )\p{Lu}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]*)?)["”]?(?=[,.;:!\n]| an? | the | who | and | from | at | -|$)/u.exec(
      instructions,
    ) ??
    /\b(?:named|called) ["“]?(\p{Lu}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]*)?)/u.exec(instructions) ??
    /이름은 ["“']?([\p{L}]{1,12}?)["”']?(?:입니다|이에요|예요|이야|야|이고|이다|라고|[,.\s])/u.exec(
      instructions,
    ) ??
    /(?:당신은|너는|넌) ((?:[\p{L}]+ ){0,4}[\p{L}]{1,12}?)(?:입니다|이에요|예요|이야|야|이다)/u.exec(
      instructions,
    );
  const name = named?.[1]?.trim();
  if (name === undefined) return { name: undefined, role: undefined };
  const after = instructions.slice((named?.index ?? 0) + (named?.[0].length ?? 0));
  const role = /^["”]?,? ((?:an?|the) [^.;!\n]{2,80}?)(?= who\b|[.;!\n]|$)/u.exec(after)?.[1];
  return { name, role };
}

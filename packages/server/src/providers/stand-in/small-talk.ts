/** Small talk that needs no knowledge: fixed phrases, the clock, and simple arithmetic. */
import { findNumbers } from './numbers.ts';
import type { Language, PhraseName } from './phrases.ts';

/** Matched against the whole request without signs at its ends. */
const PATTERNS: readonly (readonly [PhraseName, RegExp])[] = [
  [
    'greeting',
    /^(hi|hello|hey|hiya|howdy|greetings|good (morning|afternoon|evening|day)|nice to meet you|annyeong)( there| again| everyone| \p{Lu}?\p{L}{2,12})?$|^(안녕(하세요|하십니까)?|반가(워요?|웠어요|습니다)|여보세요|하이|헬로)$/iu,
  ],
  [
    'introduction',
    /^(who|what) (are|r) (you|u)( exactly)?$|^(can|could|would) you introduce yourself( please)?$|^(please )?introduce yourself( please)?$|^tell me (something )?about yourself$|^(넌|너는?|당신은?)? ?(누구(예요|세요|야|니|신가요|입니까)?|뭐(야|예요|니))$|자기\s?소개/iu,
  ],
  [
    'name',
    /^(what'?s|what is|tell me|may i (know|ask)|can i (know|ask)|do you have)( me)? (your )?(a )?name( please)?$|^(네|너의?|당신의?|)\s?이름(이|은)?\s?(뭐|무엇|어떻게)?.{0,8}$/iu,
  ],
  [
    'human',
    /^are you (an? )?(real|human|person|robot|bot|machine|ai|computer|alive|real person|human being|chatgpt|gpt|language model)( person| human)?$|(사람|로봇|인간|ai|인공지능)(이에요|인가요|이야|이니|예요|야|입니까)$/iu,
  ],
  [
    'abilities',
    /^(what|how) can you (do|help)( for me| me| with)*$|^what (do|are) you (do|able to do)$|^((can|could|would) you )?(please )?help( me)?( please)?$|^(뭐|무엇을|뭘)\s?(할|도와줄) 수 있.*$|^도와\s?(줘|주세요)$/iu,
  ],
  [
    'thanks',
    /^((ok|okay|great|cool|all right|alright),? )?(thanks?( you)?( (so|very) much| a lot)?|thx|many thanks|cheers)( for .{1,40})?$|^(정말 |너무 )?(고마워요?|고맙습니다|감사(해요|합니다))$/iu,
  ],
  [
    'goodbye',
    /^((ok|okay|well),? )?(good ?bye|bye( bye)?|see you( later| soon| tomorrow)?|good night|farewell|have a (nice|good) day)$|^(잘 ?가요?|안녕히 (가|계)세요|바이(바이)?|다음에 (봐|만나)요?|잘 자요?)$/iu,
  ],
  [
    'wellBeing',
    /^((hi|hello|hey),? )?(how are you( doing)?( today)?|how('?s| is) it going|how do you do|what'?s up|how have you been)$|^((안녕(하세요)?),? )?(어떻게 지내(요|세요|니)?|잘 지내(요|세요|니|셨어요)?|기분(이|은)? 어때요?)$/iu,
  ],
  ['apology', /^(i'?m |i am )?(very |so )?sorry( about that)?$|^(미안(해요?|합니다)?|죄송(해요|합니다))$/iu],
  [
    'praise',
    /^(you('| a)re |that('| i)s |very |so )*(great|awesome|amazing|smart|cool|nice|good( job| work)?|well done|helpful|beautiful|wonderful|perfect)$|^(정말 |너무 |참 )?(잘했어요?|멋져요?|대단해요?|똑똑하네요?|최고(예요|야)?|좋네요?)$/iu,
  ],
  [
    'agreement',
    /^(yes|yeah|yep|sure|ok|okay|all right|alright|fine|of course|right)( please)?$|^(네|예|응|그래요?|좋아요?|맞아요?|알겠(어요?|습니다))$/iu,
  ],
  [
    'refusal',
    /^(no|nope|nah|no,? thanks?( you)?|not now|never mind)$|^(아니(요|오|야)?|싫어요?|괜찮아요?|됐어요?)$/iu,
  ],
  [
    'joke',
    /\b(tell|say|know|give|make)\b.*\bjokes?\b|^(another |a )?joke( please)?$|make me laugh|농담|웃긴 (이야기|얘기)|유머/iu,
  ],
];

const STOP =
  /^(please )?(stop( it| talking| please| that)*|be quiet|quiet( please)?|shut up|silence|enough|cancel|never ?mind)$|^(그만(해요?|하세요|해 ?줘)?|멈춰(요|줘)?|조용(히)?( ?해요?)?|닥쳐|취소)$/iu;
const DISTRESS =
  /\b(kill(ing)? myself|suicid(e|al)|end my life|want to die|hurt(ing)? myself|self[- ]harm)\b|자살|죽고 ?싶|죽어 ?버리고|자해/iu;

/** Requests that go before everything else. */
export function matchSafety(request: string): 'stop' | 'distress' | undefined {
  if (DISTRESS.test(request)) return 'distress';
  return STOP.test(bare(request)) ? 'stop' : undefined;
}

/** The phrase that fits the whole request. */
export function matchSmallTalk(request: string): PhraseName | undefined {
  const text = bare(request);
  const found = PATTERNS.find(([, pattern]) => pattern.test(text));
  if (found) return found[0];
  // A greeting before the real question does not hide it, but alone with a name it is small talk.
  const rest = text.replace(/^(hi|hello|hey|안녕하세요|안녕)( there)?[,.! ]+/iu, '');
  return rest !== text ? PATTERNS.find(([, pattern]) => pattern.test(rest))?.[0] : undefined;
}

/** Time and date, when asked for. */
export function answerClock(request: string, now: Date, language: Language): string | undefined {
  const text = bare(request);
  const locale = language === 'ko' ? 'ko-KR' : 'en-US';
  if (
    /^(what time is it|what'?s the time|what is the time|tell me the time|do you have the time)( now| right now| please)?$|^(지금 )?(몇 ?시(예요|야|니|인가요|입니까|죠)?|시간 (알려 ?(줘요?|주세요)))$/iu.test(
      text,
    )
  ) {
    const time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(now);
    return language === 'ko' ? `지금은 ${time}입니다.` : `It is ${time}.`;
  }
  if (
    /^(what('?s| is) (the date|today'?s date|the day)( today)?|what (day|date) is (it|today)( today)?|which day is (it|today))( please)?$|^오늘(은|이)? ?(며칠|무슨 요일|몇 월 며칠|날짜).{0,6}$/iu.test(
      text,
    )
  ) {
    const date = new Intl.DateTimeFormat(locale, { dateStyle: 'full' }).format(now);
    return language === 'ko' ? `오늘은 ${date}입니다.` : `Today is ${date}.`;
  }
  return undefined;
}

const OPERATORS: readonly (readonly [RegExp, (a: number, b: number) => number])[] = [
  [/^\s*(\+|plus|and|더하기)\s*$/i, (a, b) => a + b],
  [/^\s*(-|−|minus|빼기)\s*$/i, (a, b) => a - b],
  [/^\s*(\*|x|×|times|multiplied by|곱하기)\s*$/i, (a, b) => a * b],
  [/^\s*(\/|÷|divided by|over|나누기)\s*$/i, (a, b) => a / b],
];

/** `What is 12 times 7?`, and only that: two numbers with an operator between them. */
export function answerArithmetic(request: string, language: Language): string | undefined {
  const [left, right, ...more] = findNumbers(request.replace(/(\d)\s*-\s*(?=\d)/g, '$1 minus '));
  const text = request.replace(/(\d)\s*-\s*(?=\d)/g, '$1 minus ');
  if (!left || !right || more.length > 0) return undefined;
  if (!/^\s*(what('?s| is)|how much is|calculate|compute)?\s*$/i.test(text.slice(0, left.start)))
    return undefined;
  if (
    !/^\s*(equals?|은|는|=)?\s*(얼마(예요|야|인가요)?|몇(이야|이에요)?)?\s*[?.]*\s*$/i.test(
      text.slice(right.end),
    )
  )
    return undefined;
  const operator = OPERATORS.find(([pattern]) => pattern.test(text.slice(left.end, right.start)));
  if (!operator) return undefined;
  const result = operator[1](left.value, right.value);
  if (!Number.isFinite(result))
    return language === 'ko' ? '0으로는 나눌 수 없어요.' : 'Nothing can be divided by zero.';
  const figure = Number(result.toFixed(6)).toLocaleString('en-US', { maximumFractionDigits: 6 });
  return language === 'ko' ? `${figure}입니다.` : `That is ${figure}.`;
}

/** `My name is Anna` said earlier, asked for now. */
export function recallName(
  request: string,
  userTexts: readonly string[],
  language: Language,
): string | undefined {
  if (
    !/^(what('?s| is)|do you (know|remember)|tell me) my name$|^내 이름(이|은)? ?(뭐|무엇|기억).{0,6}$/iu.test(
      bare(request),
    )
  ) {
    return undefined;
  }
  for (const text of [...userTexts].reverse()) {
    const name =
      /\b(?:my name is|call me|i am called) (\p{L}[\p{L}'-]*)/iu.exec(text)?.[1] ??
      /(?:내|제) 이름은 (\p{L}{1,10}?)(?:이?라고|입니다|이에요|예요|이야|야)/u.exec(text)?.[1];
    if (name && name.toLowerCase() !== 'on') {
      return language === 'ko' ? `${name}님이라고 하셨어요.` : `You told me that your name is ${name}.`;
    }
  }
  return language === 'ko' ? '아직 성함을 말씀하지 않으셨어요.' : 'You have not told me your name yet.';
}

function bare(request: string): string {
  return request
    .normalize('NFC')
    .replace(/[’]/g, "'")
    .replace(/^[\s.,!?~…]+|[\s.,!?~…。！？]+$/gu, '')
    .replace(/\s+/g, ' ');
}

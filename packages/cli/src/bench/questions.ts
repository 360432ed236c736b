/**
 * Questions to language models whose answers can be checked by a program: sums, facts, following of instructions, simple
 * deduction. The share that is answered rightly tells a model that can hold a conversation from one that cannot; it is
 * no general benchmark, and good models all come near 100.
 */

export interface Question {
  readonly text: string;
  readonly isRight: (answer: string) => boolean;
}

/** The last number of the answer, so that working aloud does no harm. */
const number =
  (wanted: number) =>
  (answer: string): boolean =>
    Number(
      answer
        .replace(/(?<=\d),(?=\d{3})/g, '')
        .match(/-?\d+(?:\.\d+)?/g)
        ?.at(-1),
    ) === wanted;

const word =
  (pattern: RegExp) =>
  (answer: string): boolean =>
    pattern.test(answer);

/** Only this, give or take punctuation and letter case. */
const exactly =
  (wanted: string) =>
  (answer: string): boolean =>
    answer
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim() === wanted;

export const QUESTIONS: readonly Question[] = [
  { text: 'What is 17 plus 26? Answer with the number only.', isRight: number(43) },
  { text: 'What is 12 times 11? Answer with the number only.', isRight: number(132) },
  {
    text: 'A ticket costs 8 euros. How much do 7 tickets cost after 6 euros are taken off the total? Answer with the number only.',
    isRight: number(50),
  },
  {
    text: 'A shop opens at 9:30 and closes at 17:00. For how many minutes is it open? Answer with the number only.',
    isRight: number(450),
  },
  { text: 'What is 15 percent of 240? Answer with the number only.', isRight: number(36) },
  {
    text: 'Tom is older than Ann. Ann is older than Sue. Who is the youngest? Answer with the name only.',
    isRight: exactly('sue'),
  },
  {
    text: 'If today is Thursday, which day of the week is it ten days from now? Answer with the day only.',
    isRight: exactly('sunday'),
  },
  {
    text: 'All wugs are blue. Bim is a wug. What colour is Bim? Answer with one word.',
    isRight: exactly('blue'),
  },
  { text: 'Which planet is closest to the sun? Answer with one word.', isRight: exactly('mercury') },
  { text: 'What is the capital of Norway? Answer with one word.', isRight: exactly('oslo') },
  { text: 'How many legs does a spider have? Answer with the number only.', isRight: number(8) },
  {
    text: 'Which gas do plants take in from the air to grow? Answer with its name only.',
    isRight: word(/carbon[\s-]+dioxide|\bco2\b|co₂/i),
  },
  { text: 'Write the word "lamp" backwards. Answer with that word only.', isRight: exactly('pmal') },
  {
    text: 'How many times does the letter "e" occur in the word "beekeeper"? Answer with the number only.',
    isRight: number(5),
  },
  {
    text: 'Sort these words by the alphabet: pear, apple, fig. Answer with the words only, separated by commas.',
    isRight: exactly('apple fig pear'),
  },
  {
    text: 'Translate the German sentence "Das Wetter ist heute schön." into English.',
    isRight: word(
      /weather[^.]*(?:nice|beautiful|lovely|good|fine|great)|(?:nice|beautiful|lovely|good|fine|great)[^.]*weather/i,
    ),
  },
  {
    text: 'Answer with a JSON object and nothing else: it has one property "city", which is the capital of France.',
    isRight: (answer) => cityOf(answer) === 'paris',
  },
  {
    text: 'Read this note: "The meeting was moved from Room 4 to Room 9 because of the noise." In which room is the meeting now? Answer with the number only.',
    isRight: number(9),
  },
  {
    text: 'A customer writes: "I waited an hour and nobody came. Never again." Is that positive or negative? Answer with one word.',
    isRight: exactly('negative'),
  },
  { text: 'Answer with exactly three words, all of them colours.', isRight: isThreeColours },
];

const COLOURS = new Set(
  'red green blue yellow orange purple violet pink brown black white gray grey cyan magenta turquoise teal gold silver beige maroon navy indigo crimson lime'.split(
    ' ',
  ),
);

function isThreeColours(answer: string): boolean {
  const words = answer.toLowerCase().match(/\p{L}+/gu) ?? [];
  return words.length === 3 && words.every((one) => COLOURS.has(one));
}

function cityOf(answer: string): string | undefined {
  try {
    const bare = answer.trim().replace(/^```(?:json)?\s*|\s*```$/g, '');
    const city = (JSON.parse(bare) as { readonly city?: unknown } | null)?.city; // looked at before use
    return typeof city === 'string' ? city.toLowerCase() : undefined;
  } catch {
    return undefined;
  }
}

/** An answer that is long enough to measure how fast it comes. */
export const SPEED_PROMPT =
  'Describe in about eighty words how a loaf of bread is made, from the flour to the finished loaf.';

/** A request that cannot be served without the tool. */
export const TOOL_PROMPT = 'What is the weather in Oslo right now? Use the tool that you have.';
export const TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Tells the present weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'Name of the city' } },
      required: ['city'],
    },
  },
} as const;

/** Whether the call names the tool and the city that was asked for. */
export function isToolCallRight({
  name,
  arguments: text,
}: {
  readonly name: string;
  readonly arguments: string;
}): boolean {
  try {
    const { city } = JSON.parse(text) as { readonly city?: unknown }; // looked at before use
    return name === TOOL.function.name && typeof city === 'string' && /oslo/i.test(city);
  } catch {
    return false;
  }
}

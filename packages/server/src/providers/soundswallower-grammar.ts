/** The small vocabulary of the embedded recogniser: what people say to a first demonstration. */

/**
 * Phrases by purpose, in the words of the recogniser's dictionary. `<number>` and `<digits>` are rules of the grammar.
 */
const PHRASES: readonly string[] = [
  // Greetings and manners
  'hello | hi | hey | good morning | good afternoon | good evening | hello there | hi there',
  'goodbye | bye | bye bye | see you later | good night',
  'thank you | thanks | thank you very much | thanks a lot',
  'how are you | how are you doing | nice to meet you | i am sorry | excuse me',
  // Yes and no
  'yes | yeah | yes please | sure | okay | of course | that is right | no | no thanks | no thank you | maybe | not now',
  // Commands
  'stop | wait | start | continue | repeat | repeat that | say that again | help | help me | cancel | go back | next | louder | quieter',
  '( open | close | show | show me ) ( the settings | the map | the menu | the door | the window | the list )',
  'turn ( on | off ) the ( light | music | camera | microphone )',
  'play ( music | a song ) | tell me a joke | tell me more | tell me about yourself | introduce yourself',
  // Questions
  'who are you | what is your name | what can you do | are you real | are you a robot | how old are you',
  'what time is it | what is the time | what day is it | what is the date today',
  'how is the weather | what is the weather | [ how is | what is ] the weather [ like ] ( in <city> | today | tomorrow | in <city> today )',
  'when do you open | when do you close | what are your opening hours | what are the opening hours | are you open today',
  'how much is it | how much does it cost | how much is a ticket | where can i buy tickets | where is the ( entrance | exit | bathroom | restroom | elevator | station | cafe | shop ) | where are you',
  'can you help me | do you speak english | i have a question | i do not understand | i need help',
  'what is the square of <number> | what is <number> ( plus | minus | times ) <number>',
  // Numbers
  '<number> | <digits>',
];

const DIGITS = 'zero | one | two | three | four | five | six | seven | eight | nine';
const TEENS =
  'ten | eleven | twelve | thirteen | fourteen | fifteen | sixteen | seventeen | eighteen | nineteen';
const TENS = 'twenty | thirty | forty | fifty | sixty | seventy | eighty | ninety';
const CITIES =
  'seoul | busan | tokyo | paris | london | berlin | new york | san francisco | los angeles | madrid | rome';

/** Words that the dictionary lacks, in its phones. */
export const EXTRA_WORDS: readonly (readonly [word: string, phones: string])[] = [['busan', 'B UW S AA N']];

/** The grammar in the JSpeech Grammar Format. */
export const GENERAL_GRAMMAR = [
  '#JSGF V1.0;',
  'grammar general;',
  `public <phrase> = ${PHRASES.map((phrase) => `( ${phrase} )`).join(' | ')};`,
  `<digit> = ${DIGITS};`,
  // Three to eight digits, as telephone and room numbers have; repetition without end makes the search slow.
  '<digits> = <digit> <digit> <digit> [ <digit> ] [ <digit> ] [ <digit> ] [ <digit> ] [ <digit> ];',
  `<number> = <digit> | ${TEENS} | ( ${TENS} ) [ <digit> ] | one hundred | a hundred;`,
  `<city> = ${CITIES};`,
].join('\n');

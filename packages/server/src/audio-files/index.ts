export { AudioDecodeError, decodeAudio } from './decode-audio.ts';

export { AudioDecodeError, decodeAudio } from './decode-audio.ts';
export { encodeMp3, isMp3Rate } from './mp3-encode.ts';

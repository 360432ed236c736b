export {
  AudioDecodeError,
  type AudioDecodeErrorReason,
  type DecodeAudioOptions,
  decodeAudio,
} from './decode-audio.ts';

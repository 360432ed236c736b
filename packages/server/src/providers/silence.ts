/** Tells clips without any speech, which recognisers would fill with words of their own. */
import type { PcmClip } from '@visavox/audio';

/** About -52 dBFS: quieter than the softest speech into a microphone. */
const SPEECH_RMS = 80;

/** True when no 20 ms of the clip is as loud as soft speech. */
export function isSilent(clip: PcmClip): boolean {
  const { samples } = clip;
  const block = Math.max(1, Math.round(clip.sampleRateHz * 0.02));
  for (let at = 0; at < samples.length; at += block) {
    const end = Math.min(samples.length, at + block);
    let energy = 0;
    for (let i = at; i < end; i++) energy += (samples[i] ?? 0) ** 2;
    if (Math.sqrt(energy / block) > SPEECH_RMS) return false;
  }
  return true;
}

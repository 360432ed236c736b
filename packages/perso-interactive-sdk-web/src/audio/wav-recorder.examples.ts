/** Code shown in the docstring of `WavRecorder`. */

import type { Session } from '../session/session.ts';
import { WavRecorder } from './wav-recorder.ts';

export async function record(session: Session, userIsDone: Promise<void>): Promise<void> {
  // #region record
  const recorder = new WavRecorder({ targetSampleRate: 16_000 });
  await recorder.start();
  await userIsDone;
  const file = await recorder.stop();
  const text = await session.transcribeAudio(file, 'en');
  // #endregion
  console.log(text);
}

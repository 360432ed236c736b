/** Records the microphone and transcribes: pressed once it starts, pressed again it stops. */

import type { Playground } from './playground.svelte.ts';

const MAX_RECORDING_MS = 30_000;

export class Recording {
  status = $state<'idle' | 'recording' | 'transcribing'>('idle');
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #playground: Playground;
  readonly #onText: (text: string) => unknown;

  /** `onText` gets what was recognized; empty when nothing was said. */
  constructor(playground: Playground, onText: (text: string) => unknown) {
    this.#playground = playground;
    this.#onText = onText;
  }

  toggle(): Promise<void> {
    return this.#playground.attempt(() => (this.status === 'recording' ? this.#finish() : this.#start()));
  }

  /** The session has ended. */
  reset(): void {
    clearTimeout(this.#timer);
    this.status = 'idle';
  }

  async #start(): Promise<void> {
    await this.#playground.session?.startProcessSTT(MAX_RECORDING_MS);
    this.status = 'recording';
    this.#timer = setTimeout(() => this.toggle(), MAX_RECORDING_MS);
  }

  async #finish(): Promise<void> {
    clearTimeout(this.#timer);
    this.status = 'transcribing';
    let text = '';
    try {
      text = (await this.#playground.session?.stopProcessSTT(this.#playground.language)) ?? '';
    } finally {
      this.status = 'idle';
    }
    await this.#onText(text.trim());
  }
}

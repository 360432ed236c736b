/** What the page reads of the settings that the SDK fetches. */
import type {
  BackgroundImage,
  LLMType,
  ModelStyle,
  Prompt,
  STTType,
  TTSType,
} from 'perso-interactive-sdk-web/client';

interface Named {
  readonly name: string;
  readonly display_name?: string;
  readonly description?: string;
}

export interface Catalogue {
  readonly llms: readonly (LLMType & Named)[];
  readonly ttsTypes: readonly (TTSType & Named)[];
  readonly sttTypes: readonly (STTType & Named)[];
  readonly modelStyles: readonly (ModelStyle & Named)[];
  readonly prompts: readonly Prompt[];
  readonly backgroundImages: readonly BackgroundImage[];
}

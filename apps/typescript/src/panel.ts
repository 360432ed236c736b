/** The two kinds of panels. Each is one file in `panels`, and can be taken out of the page by its line in `main.ts`. */

import type {
  BackgroundImage,
  CreateSessionIdParams,
  Document,
  LLMType,
  MCPServer,
  ModelStyle,
  Prompt,
  Session,
  STTType,
  TTSType,
} from 'perso-interactive-sdk-web/client';

/** What `getAllSettings` answers, as far as the page shows it. */
export interface Catalogue {
  readonly llms: readonly Named<LLMType>[];
  readonly ttsTypes: readonly Named<TTSType>[];
  readonly sttTypes: readonly Named<STTType>[];
  readonly modelStyles: readonly Named<ModelStyle>[];
  readonly backgroundImages: readonly BackgroundImage[];
  readonly prompts: readonly Prompt[];
  readonly documents: readonly Document[];
  readonly mcpServers: readonly MCPServer[];
}

/** Some servers add a name for people. */
type Named<T> = T & { readonly display_name?: string };

/** A panel of the settings, steps 2 to 5. */
export interface SettingsPanel {
  show(catalogue: Catalogue): void;
  /** Its share of what a session is created from. */
  params(): Partial<CreateSessionIdParams>;
}

/** A panel that is used while a session is live. */
export interface SessionPanel {
  connect(session: Session): void;
  disconnect?(): void;
}

/** What the commands get of the process they run in. */
import type { Terminal } from './chat/terminal.ts';

/** Why the process is to end: a signal, or whoever read its output is gone. */
export type EndReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'output-closed';

export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether somebody watches `writeError`. Default false. */
  readonly isTerminal?: boolean;
  /** Standard input and output, for conversations. */
  readonly terminal?: Terminal;
  /** Reads what must not be on the command line. */
  readonly readSecret?: (question: string) => Promise<string>;
  /** Calls the listener instead of ending when the user interrupts; the result undoes that. */
  readonly onInterrupt?: (listener: () => void) => () => void;
  /** Calls the listener instead of ending, whatever the reason is; the result undoes that. */
  readonly onEnd?: (listener: (reason: EndReason) => void) => () => void;
}

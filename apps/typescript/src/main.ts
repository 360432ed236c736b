/** The page: puts the panels together, starts and ends sessions. */

import {
  type CreateSessionIdParams,
  createSession,
  createSessionId,
  type Session,
  type SessionClose,
} from 'perso-interactive-sdk-web/client';
import { explain } from './explain.ts';
import { attempt, find, showProblem } from './page.ts';
import type { SessionPanel, SettingsPanel } from './panel.ts';
import { type Access, createAuthorizePanel } from './panels/authorize.ts';
import { createAvatarPanel } from './panels/avatar.ts';
import { createChatPanel } from './panels/chat.ts';
import { createModelsPanel } from './panels/models.ts';
import { createPositionPanel } from './panels/position.ts';
import { createPromptPanel } from './panels/prompt.ts';
import { createStfPanel } from './panels/stf.ts';
import { createSttPanel } from './panels/stt.ts';
import { createToolsPanel } from './panels/tools.ts';
import { createTtsPanel } from './panels/tts.ts';
import { createTtstfPanel } from './panels/ttstf.ts';

const INTRO_DELAY_MS = 1000;

const models = createModelsPanel();
const prompt = createPromptPanel();
const tools = createToolsPanel();
const position = createPositionPanel();
// The position is last: it shows the AI human that was chosen before.
const settingsPanels: readonly SettingsPanel[] = [models, prompt, tools, position];

const chat = createChatPanel();
const sessionPanels: readonly SessionPanel[] = [
  createAvatarPanel(() => chat.stop()),
  chat,
  createSttPanel(),
  createTtsPanel(),
  createTtstfPanel((text) => chat.addLine('avatar', text)),
  createStfPanel(),
];

let access: Access | undefined;
let session: Session | undefined;

const startButton = find('start', HTMLButtonElement);
const endNotice = find('ended', HTMLElement);

const authorize = createAuthorizePanel((granted, catalogue) => {
  access = granted;
  for (const panel of settingsPanels) panel.show(catalogue);
  showPhase('ready');
});

startButton.onclick = () => {
  if (session !== undefined) session.stopSession();
  else if (access !== undefined) void attempt(start.bind(undefined, access));
};

// A tab that is closed ends its session at once instead of by time-out.
window.addEventListener('pagehide', () => session?.stopSession());

async function start({ apiServer, apiKey }: Access): Promise<void> {
  showPhase('connecting');
  endNotice.textContent = '';
  let started: Session;
  try {
    // Only for local testing: with the key in the page, everyone who opens it can read the key. The SvelteKit and
    // Next.js demos show how a server of your own keeps it.
    const sessionId = await createSessionId({ apiServer, apiKey, params: sessionParams() });
    started = await createSession({
      apiServer,
      sessionId,
      ...position.size(),
      clientTools: tools.chosenTools(),
    });
  } catch (error) {
    showPhase('ready');
    throw error;
  }
  session = started;
  started.setErrorHandler((error) => showProblem(explain(error)));
  started.onClose((_manual, close) => end(close));
  showPhase('live');
  for (const panel of sessionPanels) panel.connect(started);

  const intro = prompt.intro();
  if (intro === '') return;
  chat.addLine('avatar', intro);
  setTimeout(() => started.processTTSTF(intro), INTRO_DELAY_MS);
}

/** After STOP, or when the connection was lost or the server ended the session. */
async function end(close: SessionClose): Promise<void> {
  // Releases the microphone, should it be recording.
  session?.stopSession();
  session = undefined;
  for (const panel of sessionPanels) panel.disconnect?.();
  showPhase('ready');
  endNotice.textContent = 'Session ended.';
  const reason = await close.terminationReason();
  // Another session may have begun meanwhile.
  if (session === undefined && reason !== null) endNotice.textContent = `Session ended: ${reason}`;
}

function sessionParams(): CreateSessionIdParams {
  const required = { using_stf_webrtc: true, model_style: '', prompt: '' };
  return Object.assign(required, ...settingsPanels.map((panel) => panel.params()));
}

const START_LABELS = { ready: 'START', connecting: 'Loading…', live: 'STOP' } as const;

function showPhase(phase: keyof typeof START_LABELS): void {
  authorize.setDisabled(phase !== 'ready');
  find('setup', HTMLFieldSetElement).disabled = phase !== 'ready';
  const positionFields = find('position', HTMLFieldSetElement);
  positionFields.disabled = phase !== 'ready';
  positionFields.hidden = phase !== 'ready';
  startButton.disabled = phase === 'connecting';
  startButton.textContent = START_LABELS[phase];
  startButton.className = phase === 'live' ? 'stop' : 'primary';
  for (const control of document.querySelectorAll('[data-live]')) {
    control.toggleAttribute('disabled', phase !== 'live');
  }
}

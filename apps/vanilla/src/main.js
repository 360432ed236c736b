/** The page: connects the controls with the SDK. */

import { ChatState, createSession, createSessionId } from 'perso-interactive-sdk-web/client';
import { answer } from './answer.js';
import { explain } from './explain.js';
import { chosenIntro, chosenSize, chosenTools, loadSettings, sessionParams } from './settings.js';
import { checkSpeechFile } from './speech-file.js';

const MAX_RECORDING_MS = 30_000;
const INTRO_DELAY_MS = 1000;
const IDLE_STT_STATUS = 'Stops by itself after 30 s.';

const element = (id) => document.getElementById(id);

let apiServer = '';
let apiKey = '';
/** The live session, if any. */
let session;
/** Ends the turns that are under way. */
let turns = new AbortController();
/** Waits for a recording to reach its longest time. */
let recordingTimer;

/** Runs what a control asks for, and shows what goes wrong. */
async function attempt(action) {
  element('problem').textContent = '';
  try {
    await action();
  } catch (error) {
    element('problem').textContent = explain(error);
  }
}

// Step 1

element('api-server').oninput = ({ target }) => {
  element('docs').href = `${target.value.replace(/\/+$/, '')}/docs`;
};

element('show-key').onclick = ({ target }) => {
  const shown = element('api-key').type === 'text';
  element('api-key').type = shown ? 'password' : 'text';
  target.textContent = shown ? 'Show key' : 'Hide key';
  target.setAttribute('aria-pressed', String(!shown));
};

element('authorize').onsubmit = (event) => {
  event.preventDefault();
  attempt(async () => {
    const button = element('authorize-button');
    button.disabled = true;
    button.textContent = 'Loading…';
    try {
      apiServer = element('api-server').value.trim();
      apiKey = element('api-key').value.trim();
      await loadSettings(apiServer, apiKey);
      element('setup').disabled = false;
      element('position').disabled = false;
      element('start').disabled = false;
    } finally {
      button.disabled = session !== undefined;
      button.textContent = 'Authorize';
    }
  });
};

// START and STOP

element('start').onclick = () => {
  if (session) session.stopSession();
  else attempt(start);
};

async function start() {
  showPhase('connecting');
  element('ended').textContent = '';
  element('log').replaceChildren();
  try {
    // Only for local testing: with the key in the page, everyone who opens it can read the key. The SvelteKit and
    // Next.js demos show how a server of your own keeps it.
    const sessionId = await createSessionId({ apiServer, apiKey, params: sessionParams() });
    session = await createSession({ apiServer, sessionId, ...chosenSize(), clientTools: chosenTools() });
  } catch (error) {
    showPhase('ready');
    throw error;
  }
  turns = new AbortController();
  session.subscribeChatStates(showStates);
  session.setErrorHandler((error) => {
    element('problem').textContent = explain(error);
  });
  session.onClose((_manual, close) => ended(close));
  session.setSrc(element('video'));
  showPhase('live');

  const intro = chosenIntro();
  const started = session;
  if (intro) {
    addLine('avatar', intro);
    setTimeout(() => started.processTTSTF(intro), INTRO_DELAY_MS);
  }
  element('message').focus({ preventScroll: true });
}

/** After STOP, or when the connection was lost or the server ended the session. */
async function ended(close) {
  // Releases the microphone, should it be recording.
  session.stopSession();
  session = undefined;
  turns.abort();
  clearTimeout(recordingTimer);
  showPhase('ready');
  element('ended').textContent = 'Session ended.';
  const reason = await close.terminationReason();
  // Another session may have begun meanwhile.
  if (!session && reason) element('ended').textContent = `Session ended: ${reason}`;
}

// A tab that is closed ends its session at once instead of by time-out.
window.addEventListener('pagehide', () => session?.stopSession());

function showPhase(phase) {
  element('setup').disabled = phase !== 'ready';
  element('position').hidden = phase !== 'ready';
  element('authorize-button').disabled = phase !== 'ready';
  const button = element('start');
  button.disabled = phase === 'connecting';
  button.textContent = { ready: 'START', connecting: 'Loading…', live: 'STOP' }[phase];
  button.className = phase === 'live' ? 'stop' : 'primary';
  for (const control of document.querySelectorAll('[data-live]')) control.disabled = phase !== 'live';
  element('video').hidden = phase !== 'live';
  element('state').textContent = { ready: 'Not connected', connecting: 'Connecting …', live: 'Available' }[
    phase
  ];
  if (phase === 'live') return;
  element('voice-chat').textContent = 'Voice chat';
  element('record').textContent = 'Start STT';
  element('stt-status').textContent = IDLE_STT_STATUS;
  element('stop-speech').disabled = true;
}

const STATE_NAMES = [
  [ChatState.RECORDING, 'Recording'],
  [ChatState.SPEAKING, 'AI Speaking'],
  [ChatState.LLM, 'LLM'],
  [ChatState.TTS, 'TTS'],
  [ChatState.ANALYZING, 'Analyzing'],
];

function showStates(states) {
  const names = STATE_NAMES.filter(([state]) => states.has(state)).map(([, name]) => name);
  if (session) element('state').textContent = names.join(', ') || 'Available';
  element('stop-speech').disabled = !states.has(ChatState.SPEAKING);
}

// Chat

function addLine(kind, text) {
  const line = document.createElement('p');
  line.className = kind;
  line.textContent = text;
  element('log').append(line);
  element('log').scrollTop = element('log').scrollHeight;
  return line;
}

async function chat(message) {
  addLine('user', message);
  let line;
  await answer(session, message, {
    signal: turns.signal,
    onText(text) {
      line ??= addLine('avatar', '');
      line.textContent = text;
      element('log').scrollTop = element('log').scrollHeight;
    },
    onTool(text) {
      addLine('tool', text);
      line = undefined;
    },
  });
}

element('chat').onsubmit = (event) => {
  event.preventDefault();
  const message = element('message').value.trim();
  if (!message) return;
  element('message').value = '';
  attempt(() => chat(message));
};

element('stop-speech').onclick = () =>
  attempt(async () => {
    turns.abort();
    turns = new AbortController();
    await session.clearBuffer();
  });

// Recording: the button of voice chat and the one of STT work alike, one at a time.

function recordWith(buttonId, names, onText, onStatus = () => {}) {
  const button = element(buttonId);

  const finish = () =>
    attempt(async () => {
      clearTimeout(recordingTimer);
      button.textContent = names.start;
      button.disabled = true;
      onStatus('Transcribing …');
      try {
        onText((await session.stopProcessSTT(element('language').value)).trim());
      } finally {
        button.disabled = session === undefined;
        onStatus(IDLE_STT_STATUS);
      }
    });

  button.onclick = () => {
    if (session.isSTTRecording() && button.textContent === names.stop) return finish();
    return attempt(async () => {
      await session.startProcessSTT(MAX_RECORDING_MS);
      button.textContent = names.stop;
      onStatus('Recording …');
      recordingTimer = setTimeout(finish, MAX_RECORDING_MS);
    });
  };
}

recordWith('voice-chat', { start: 'Voice chat', stop: 'Send recording' }, (text) => {
  if (text) return attempt(() => chat(text));
  throw new Error('Nothing was heard. Speak after pressing “Voice chat”.');
});

recordWith(
  'record',
  { start: 'Start STT', stop: 'Stop STT' },
  (text) => {
    element('transcript').textContent = text || 'Nothing was heard.';
  },
  (status) => {
    element('stt-status').textContent = status;
  },
);

// Speech from text

element('synthesize').onclick = () =>
  attempt(async () => {
    const speech = await session.processTTS(element('tts-text').value);
    if (!speech) return;
    const audio = element('tts-audio');
    URL.revokeObjectURL(audio.src);
    audio.src = URL.createObjectURL(speech);
    audio.hidden = false;
    await audio.play();
  });

element('say').onclick = () =>
  attempt(() => {
    const text = element('say-text').value.trim();
    if (!text) return;
    addLine('avatar', text);
    session.processTTSTF(text);
  });

// Speech from a file

let file;

function showFile(chosen) {
  file = chosen;
  element('file-name').textContent = file ? `${file.name}, ${Math.ceil(file.size / 1024)} KB` : '';
  element('play-file').disabled = !file;
  element('remove-file').disabled = !file;
  if (!file) element('file').value = '';
}

const chooseFile = (chosen) =>
  attempt(async () => {
    showFile(undefined);
    if (!chosen) return;
    await checkSpeechFile(chosen);
    showFile(chosen);
  });

element('file').onchange = ({ target }) => chooseFile(target.files[0]);
element('remove-file').onclick = () => showFile(undefined);
element('play-file').onclick = () => attempt(() => session.processSTF(file));

const drop = element('drop');
drop.ondragover = (event) => {
  event.preventDefault();
  drop.classList.add('over');
};
drop.ondragleave = () => drop.classList.remove('over');
drop.ondrop = (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  if (session) chooseFile(event.dataTransfer.files[0]);
};

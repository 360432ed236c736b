/**
 * The same playground without modules or a build: the SDK comes from a script tag, as the global `PersoInteractive`.
 * Text and voice both go through `session.processChat`, which keeps the log and speaks by itself.
 */

(() => {
  const SDK_PATH = '/npm/perso-interactive-sdk-web@latest/dist/client/index.iife.js';
  const MAX_RECORDING_MS = 30_000;
  const INTRO_DELAY_MS = 1000;
  /** How much a pixel of a plain backdrop may differ from its corner, all colours together. */
  const BACKDROP_TOLERANCE = 14;
  const IDLE_STT_STATUS = 'Stops by itself after 30 s.';

  const element = (id) => document.getElementById(id);

  let apiServer = '';
  let apiKey = '';
  /** What the server answered to `getAllSettings`. */
  let catalogue;
  /** Made when the SDK is there. */
  let clientTools = [];
  /** The live session, if any. */
  let session;
  /** What the SDK logged, newest first, and the lines of tools, which it does not log. */
  let chatLog = [];
  let toolLines = [];
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

  /** One line that says what to do. */
  function explain(error) {
    const { ApiError, LLMError, STTError, TTSError } = window.PersoInteractive ?? {};
    if (LLMError && [LLMError, STTError, TTSError].some((kind) => error instanceof kind)) {
      return error.underlyingError.description ?? explain(error.underlyingError);
    }
    if (ApiError && error instanceof ApiError) {
      return error.errorCode === 401 ? 'The server did not accept the API key.' : error.detail;
    }
    if (error instanceof DOMException && error.name === 'NotAllowedError') {
      return 'The microphone was refused. Allow it for this page, or type instead.';
    }
    if (error instanceof DOMException && error.name === 'NotFoundError') {
      return 'No microphone was found. Connect one, or type instead.';
    }
    // What `fetch` and `response.json()` throw.
    if (error instanceof TypeError) return 'The API server cannot be reached. Is it running at this address?';
    if (error instanceof SyntaxError) return 'What answers at this address is not an API server.';
    return error.message;
  }

  // Step 1

  /** The script tag of the page has loaded the SDK, unless its server was away: then the server of the form is asked. */
  async function loadSdk() {
    if (window.PersoInteractive) return;
    const script = document.createElement('script');
    script.src = apiServer.replace(/\/+$/, '') + SDK_PATH;
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new Error(`The SDK cannot be loaded from ${apiServer}. Is it running?`));
      document.head.append(script);
    });
  }

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
        await loadSdk();
        catalogue = await window.PersoInteractive.getAllSettings({ apiServer, apiKey });
        clientTools = createClientTools();
        showCatalogue();
        element('setup').disabled = false;
        element('position').disabled = false;
        element('start').disabled = false;
      } finally {
        button.disabled = session !== undefined;
        button.textContent = 'Authorize';
      }
    });
  };

  // Steps 2 to 5

  function showCatalogue() {
    const named = (entry) => [entry.name, entry.display_name ?? entry.name];
    const blank = ['', ''];
    fillSelect('llm', catalogue.llms.map(named));
    fillSelect('tts', catalogue.ttsTypes.map(named));
    fillSelect('stt', catalogue.sttTypes.map(named));
    fillSelect('model-style', catalogue.modelStyles.map(named));
    const prompts = catalogue.prompts.map((entry) => [entry.prompt_id, entry.name]);
    fillSelect('prompt', prompts);
    const backgrounds = catalogue.backgroundImages.map((entry) => [entry.backgroundimage_id, entry.title]);
    fillSelect('background', [blank, ...backgrounds]);
    const documents = catalogue.documents.map((entry) => [entry.document_id, entry.title]);
    fillSelect('document', [blank, ...documents]);

    const servers = catalogue.mcpServers.map((entry) => [entry.mcpserver_id, entry.name]);
    if (servers.length === 0) element('mcp-servers').textContent = 'No MCP servers available';
    else fillCheckBoxes('mcp-servers', servers, false);
    const tools = clientTools.map(({ name }) => [name, name]);
    fillCheckBoxes('client-tools', tools, true);
    showIntro();
    showPosition();
  }

  function fillSelect(id, options) {
    element(id).replaceChildren(...options.map(([value, label]) => new Option(label, value)));
  }

  function fillCheckBoxes(id, entries, checked) {
    const labels = entries.map(([value, name]) => {
      const box = Object.assign(document.createElement('input'), { type: 'checkbox', value, checked });
      const label = document.createElement('label');
      label.className = 'check';
      label.append(box, name);
      return label;
    });
    element(id).replaceChildren(...labels);
  }

  function checkedValues(id) {
    return [...element(id).querySelectorAll('input:checked')].map(({ value }) => value);
  }

  function chosenIntro() {
    const id = element('prompt').value;
    return catalogue.prompts.find((entry) => entry.prompt_id === id)?.intro_message?.trim() ?? '';
  }

  function showIntro() {
    const intro = chosenIntro();
    element('intro').textContent = intro === '' ? 'This prompt has no introduction.' : `“${intro}”`;
    element('use-intro').disabled = intro === '';
  }

  function chosenSize() {
    const landscape = document.querySelector('[name="orientation"]:checked').value === 'landscape';
    return landscape ? { width: 1920, height: 1080 } : { width: 1080, height: 1920 };
  }

  /** The sliders show percent; the server takes shares. */
  function position() {
    const share = (id) => Number(element(id).value) / 100;
    return { padding_left: share('left'), padding_top: share('top'), padding_height: share('height') };
  }

  async function showPosition() {
    for (const id of ['left', 'top', 'height']) element(`${id}-value`).textContent = `${element(id).value} %`;
    const { width, height } = chosenSize();
    element('conversation').classList.toggle('wide', width > height);
    const style = catalogue.modelStyles.find(({ name }) => name === element('model-style').value);
    const background = catalogue.backgroundImages.find(
      ({ backgroundimage_id }) => backgroundimage_id === element('background').value,
    );
    const [avatar, scene] = await Promise.all([
      loadPicture(style?.file, clearBackdrop),
      loadPicture(background?.image),
    ]);

    const canvas = element('preview');
    canvas.width = width / 3;
    canvas.height = height / 3;
    const context = canvas.getContext('2d');
    if (scene) {
      const scale = Math.max(canvas.width / scene.width, canvas.height / scene.height);
      const [w, h] = [scene.width * scale, scene.height * scale];
      context.drawImage(scene, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
    }
    const { padding_left, padding_top, padding_height } = position();
    if (avatar && padding_height > 0) {
      const h = canvas.height * padding_height;
      const w = (avatar.width / avatar.height) * h;
      const left = canvas.width * (0.5 + padding_left) - w / 2;
      context.drawImage(avatar, left, canvas.height * (1 + padding_top) - h, w, h);
    }
  }

  const pictures = new Map();

  /** Resolves with nothing when there is no picture to be had: a preview can do without. */
  function loadPicture(url, change = (image) => image) {
    if (!url) return undefined;
    if (!pictures.has(url)) {
      const image = new Image();
      image.crossOrigin = 'anonymous';
      image.src = url;
      const loaded = image.decode().then(
        () => change(image),
        () => undefined,
      );
      pictures.set(url, loaded);
    }
    return pictures.get(url);
  }

  /** Some servers send pictures with a plain backdrop: the colour of its first corner becomes transparent. */
  function clearBackdrop(image) {
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    const { data } = pixels;
    const [red, green, blue] = data;
    for (let i = 0; i < data.length; i += 4) {
      const difference =
        Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue);
      if (difference <= BACKDROP_TOLERANCE) data[i + 3] = 0;
    }
    context.putImageData(pixels, 0, 0);
    return canvas;
  }

  element('prompt').onchange = showIntro;
  for (const id of ['model-style', 'background', 'left', 'top', 'height']) element(id).oninput = showPosition;
  for (const choice of document.querySelectorAll('[name="orientation"]')) choice.onchange = showPosition;

  // Client tools: functions of this page that the language model may call.

  function createClientTools() {
    const tool = (name, description, parameters, call, executeOnly) => {
      const shown = async (given) => {
        addToolLine(`${name} ${JSON.stringify(given)}`);
        try {
          const result = await call(given);
          addToolLine(`→ ${JSON.stringify(result)}`);
          return result;
        } catch (error) {
          addToolLine(`→ failed: ${error.message}`);
          throw error;
        }
      };
      return new window.PersoInteractive.ChatTool(name, description, parameters, shown, executeOnly);
    };

    return [
      tool(
        'get_square_number',
        'Returns the square of a number',
        {
          type: 'object',
          properties: { number: { type: 'number', description: 'The number to square' } },
          required: ['number'],
        },
        ({ number }) => ({ square: number * number }),
      ),
      tool(
        'get_current_weather',
        'Tells the current weather of a place',
        {
          type: 'object',
          properties: {
            location: { type: 'string', description: "City and country, e.g. 'Seoul, South Korea'" },
            units: {
              type: 'string',
              enum: ['celsius', 'fahrenheit'],
              description: 'Unit of the temperature',
            },
          },
          required: ['location'],
        },
        // A real page would ask a weather service here.
        ({ location, units = 'celsius' }) => ({
          location,
          temperature: units === 'fahrenheit' ? '86 ℉' : '30 ℃',
          sky: 'mostly clear',
          humidity: '68 %',
          wind: '10.3 km/h',
        }),
      ),
      // The last argument means "execute only": the model does not comment on the result.
      tool(
        'show_settings',
        'Shows the settings of this page to the user',
        { type: 'object', properties: {} },
        () => {
          document.querySelector('.settings').scrollIntoView({ behavior: 'smooth' });
          return { shown: true };
        },
        true,
      ),
      tool(
        'show_map',
        'Shows a map to the user',
        { type: 'object', properties: {} },
        // On purpose, to see what the page makes of a tool that fails.
        () => {
          throw new Error('There is no map on this page.');
        },
        true,
      ),
    ];
  }

  // START and STOP

  element('start').onclick = () => {
    if (session) session.stopSession();
    else attempt(start);
  };

  async function start() {
    showPhase('connecting');
    element('ended').textContent = '';
    element('log').replaceChildren();
    chatLog = [];
    toolLines = [];
    try {
      // Only for local testing: with the key in the page, everyone who opens it can read the key.
      const sessionId = await window.PersoInteractive.createSessionId({
        apiServer,
        apiKey,
        params: {
          using_stf_webrtc: true,
          llm_type: element('llm').value,
          tts_type: element('tts').value,
          stt_type: element('stt').value,
          model_style: element('model-style').value,
          prompt: element('prompt').value,
          background_image: element('background').value || undefined,
          document: element('document').value || undefined,
          mcp_servers: checkedValues('mcp-servers'),
          ...position(),
        },
      });
      const names = checkedValues('client-tools');
      session = await window.PersoInteractive.createSession({
        apiServer,
        sessionId,
        ...chosenSize(),
        clientTools: clientTools.filter(({ name }) => names.includes(name)),
      });
    } catch (error) {
      showPhase('ready');
      throw error;
    }
    session.subscribeChatStates(showStates);
    session.subscribeChatLog(showLog);
    session.setErrorHandler((error) => {
      element('problem').textContent = explain(error);
    });
    session.onClose((_manual, close) => ended(close));
    session.setSrc(element('video'));
    showPhase('live');

    const intro = element('use-intro').checked ? chosenIntro() : '';
    const started = session;
    if (intro) setTimeout(() => started.processTTSTF(intro), INTRO_DELAY_MS);
    element('message').focus({ preventScroll: true });
  }

  /** After STOP, or when the connection was lost or the server ended the session. */
  async function ended(close) {
    // Releases the microphone, should it be recording.
    session.stopSession();
    session = undefined;
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
    const names = { ready: 'Not connected', connecting: 'Connecting …', live: 'Available' };
    element('state').textContent = names[phase];
    if (phase === 'live') return;
    element('voice-chat').textContent = 'Voice chat';
    element('record').textContent = 'Start STT';
    element('stt-status').textContent = IDLE_STT_STATUS;
    element('stop-speech').disabled = true;
    element('send').textContent = 'Send';
  }

  function showStates(states) {
    const { ChatState } = window.PersoInteractive;
    const names = [
      [ChatState.RECORDING, 'Recording'],
      [ChatState.SPEAKING, 'AI Speaking'],
      [ChatState.LLM, 'LLM'],
      [ChatState.TTS, 'TTS'],
      [ChatState.ANALYZING, 'Analyzing'],
    ].filter(([state]) => states.has(state));
    if (session) element('state').textContent = names.map(([, name]) => name).join(', ') || 'Available';
    element('stop-speech').disabled = !states.has(ChatState.SPEAKING);
    const busy = [ChatState.LLM, ChatState.ANALYZING, ChatState.SPEAKING].some((state) => states.has(state));
    element('send').textContent = busy ? 'Stop' : 'Send';
  }

  // Chat

  /** The SDK gives the whole log, newest first, whenever it grows. */
  function showLog(log) {
    chatLog = log;
    const lines = [
      ...log.map(({ text, isUser, timestamp }) => ({ kind: isUser ? 'user' : 'avatar', text, timestamp })),
      ...toolLines,
    ].sort((one, other) => one.timestamp - other.timestamp);
    element('log').replaceChildren(
      ...lines.map(({ kind, text }) =>
        Object.assign(document.createElement('p'), { className: kind, textContent: text }),
      ),
    );
    element('log').scrollTop = element('log').scrollHeight;
  }

  function addToolLine(text) {
    toolLines.push({ kind: 'tool', text, timestamp: new Date() });
    showLog(chatLog);
  }

  element('chat').onsubmit = (event) => {
    event.preventDefault();
    const message = element('message').value.trim();
    element('message').value = '';
    attempt(async () => {
      if (element('send').textContent === 'Stop') await session.clearBuffer();
      await session.processChat(message);
    });
  };

  element('stop-speech').onclick = () => attempt(() => session.clearBuffer());

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
    if (text) return session.processChat(text);
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

  // Speech from text, and from a file

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

  const playFile = (file) =>
    attempt(async () => {
      if (!file) return;
      await checkSpeechFile(file);
      element('file-name').textContent = `${file.name}, ${Math.ceil(file.size / 1024)} KB`;
      element('file').value = '';
      await session.processSTF(file);
    });

  /** Rejects with one clear sentence unless the file is a .wav or .mp3 that holds sound. */
  async function checkSpeechFile(file) {
    const expected = 'choose a .wav or .mp3 file with speech.';
    if (!/\.(wav|mp3)$/i.test(file.name)) throw new Error(`${file.name} is no sound file: ${expected}`);
    const audio = new AudioContext();
    try {
      await audio.decodeAudioData(await file.arrayBuffer());
    } catch {
      throw new Error(`${file.name} holds no sound that can be played: ${expected}`);
    } finally {
      await audio.close();
    }
  }

  element('file').onchange = ({ target }) => playFile(target.files[0]);

  const drop = element('drop');
  drop.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add('over');
  };
  drop.ondragleave = () => drop.classList.remove('over');
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (session) playFile(event.dataTransfer.files[0]);
  };
})();

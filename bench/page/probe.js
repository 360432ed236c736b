/**
 * The page's side of the measurements, put into the page before any of its own scripts. It drives the SDK as a customer's page
 * would, writes down when each step happened, and watches the received sound and picture. All times are milliseconds
 * of `performance.now()` in this page.
 */
globalThis.probe = (() => {
  /** Steps of the connection that is being made. */
  let marks = {};
  /** Packets of the command channel and lines of answers: what, and when. */
  const events = [];
  const sessions = new Map();
  let latestPeer;

  const mark = (name) => {
    marks[name] ??= performance.now();
  };
  const log = (name) => {
    events.push({ name, atMs: performance.now() });
    if (events.length > 2000) events.splice(0, 1000);
  };

  const fetchOfThePage = globalThis.fetch;
  globalThis.fetch = async (...request) => {
    const url = String(request[0]?.url ?? request[0]);
    const step = [
      [/\/exchange\//, 'exchange'],
      [/\/ice-servers\//, 'iceServers'],
      [/\/session\/[0-9a-f]+\/$/, 'sessionInfo'],
      [/\/llm\//, 'llm'],
    ].find(([pattern]) => pattern.test(url))?.[1];
    if (step === 'exchange') mark('offer');
    const response = await fetchOfThePage(...request);
    if (step === 'llm') {
      const reader = response.clone().body.getReader();
      reader.read().then(() => {
        log('llmLine');
        return reader.cancel();
      });
    } else if (step !== undefined) {
      // The headers are there; the small body follows in the same packet.
      mark(step);
    }
    return response;
  };

  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...configuration) {
      super(...configuration);
      latestPeer = this;
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') mark('connected');
      });
    }
    createDataChannel(...parameters) {
      const channel = super.createDataChannel(...parameters);
      if (channel.label !== 'message') return channel;
      channel.addEventListener('open', () => mark('channelOpen'));
      channel.addEventListener('message', ({ data }) => {
        const { type } = JSON.parse(data);
        if (type !== 'ping') log(type);
      });
      return channel;
    }
  };

  /**
   * Looks at each 10 ms of sound at the moment the player takes it out of its jitter buffer (a `MediaStreamTrackProcessor`
   * adds no buffer of its own), and writes down each sample that is loud after 40 ms of quiet.
   */
  function watchSound(stream) {
    const onsets = [];
    const track = stream.getAudioTracks()[0].clone();
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    const samples = new Float32Array(4800);
    let quietMs = 1e9;
    const watch = async () => {
      for (;;) {
        const { value: block, done } = await reader.read();
        if (done) return;
        const takenMs = block.timestamp / 1000;
        const { numberOfFrames: length, sampleRate } = block;
        block.copyTo(samples.subarray(0, length), { planeIndex: 0, format: 'f32-planar' });
        block.close();
        for (let index = 0; index < length; index += 1) {
          if (Math.abs(samples[index]) > 0.02) {
            if (quietMs > 40) onsets.push({ takenMs: takenMs + (index * 1000) / sampleRate });
            quietMs = 0;
          } else quietMs += 1000 / sampleRate;
        }
      }
    };
    void watch();
    return { onsets, close: () => track.stop() };
  }

  /** Mean time from taking sound out of the jitter buffer to hearing it, as the player reports it. */
  async function fetchPlayoutDelayMs(peer) {
    for (const entry of (await peer.getStats()).values()) {
      if (entry.type === 'media-playout' && entry.totalSamplesCount > 0) {
        return (1000 * entry.totalPlayoutDelay) / entry.totalSamplesCount;
      }
    }
    return 0;
  }

  /** Writes down every painted picture; with a region also its mean luminance there. */
  function watchPicture(video, region) {
    const pictures = [];
    let active = true;
    const canvas = new OffscreenCanvas(48, 24);
    const drawing = canvas.getContext('2d', { willReadFrequently: true });
    const light = () => {
      const { videoWidth: width, videoHeight: height } = video;
      drawing.drawImage(
        video,
        region.x * width,
        region.y * height,
        region.width * width,
        region.height * height,
        0,
        0,
        48,
        24,
      );
      const { data } = drawing.getImageData(0, 0, 48, 24);
      let sum = 0;
      for (let at = 0; at < data.length; at += 4) {
        sum += 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
      }
      return sum / (48 * 24);
    };
    const onPicture = (_now, metadata) => {
      if (!active) return;
      pictures.push({
        displayMs: metadata.expectedDisplayTime,
        presentedMs: metadata.presentationTime,
        mediaMs: metadata.rtpTimestamp / 90,
        presented: metadata.presentedFrames,
        widthPx: metadata.width,
        heightPx: metadata.height,
        light: region === undefined ? 0 : light(),
      });
      video.requestVideoFrameCallback(onPicture);
    };
    video.requestVideoFrameCallback(onPicture);
    return {
      pictures,
      stop: () => {
        active = false;
      },
    };
  }

  const find = (name) => {
    const entry = sessions.get(name);
    if (entry === undefined) throw new Error(`No session ${name} in this page.`);
    return entry;
  };

  return {
    /** Connects and resolves at the first painted picture, with the time of each step. */
    async connect({ name, apiServer, sessionId, widthPx, heightPx }) {
      marks = {};
      const video = document.createElement('video');
      video.autoplay = true;
      video.playsInline = true;
      document.body.append(video);
      video.style.width = '180px';
      mark('start');
      const session = await globalThis.PersoInteractive.createSession({
        apiServer,
        sessionId,
        width: widthPx,
        height: heightPx,
        clientTools: [],
      });
      mark('ready');
      const painted = new Promise((resolve, reject) => {
        video.requestVideoFrameCallback(resolve);
        setTimeout(() => reject(new Error('No picture within 10 s.')), 10_000);
      });
      session.setSrc(video);
      await painted;
      mark('firstPicture');
      sessions.set(name, { session, video, peer: latestPeer });
      return marks;
    },
    async watch({ name, region }) {
      const entry = find(name);
      entry.picture = watchPicture(entry.video, region);
      entry.sound = watchSound(entry.video.srcObject);
      // Silence must have passed before an onset can be seen.
      await new Promise((resolve) => setTimeout(resolve, 300));
    },
    /** What was seen and heard since the last call. Sound is given at the time it is heard. */
    async collect({ name }) {
      const { picture, sound, peer } = find(name);
      const delayMs = await fetchPlayoutDelayMs(peer);
      return {
        pictures: picture.pictures.splice(0),
        onsets: sound.onsets.splice(0).map(({ takenMs }) => ({ atMs: takenMs + delayMs })),
      };
    },
    unwatch({ name }) {
      const entry = find(name);
      entry.picture?.stop();
      entry.sound?.close();
    },
    /** Asks, and resolves at the first sound of the answer with the time of each step after the question. */
    async ask({ name, text }) {
      const { session, sound, peer } = find(name);
      const delayMs = await fetchPlayoutDelayMs(peer);
      sound.onsets.splice(0);
      events.splice(0);
      const startMs = performance.now();
      session.processChat(text);
      const giveUpMs = startMs + 10_000;
      while (sound.onsets.length === 0) {
        if (performance.now() > giveUpMs) throw new Error('No sound within 10 s.');
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
      const after = (event) => {
        const found = events.find((entry) => entry.name === event);
        return found === undefined ? undefined : found.atMs - startMs;
      };
      return {
        soundMs: sound.onsets[0].takenMs + delayMs - startMs,
        llmLineMs: after('llmLine'),
        stfMs: after('stf'),
      };
    },
    say: ({ name, text }) => find(name).session.processTTSTF(text),
    clear: ({ name }) => find(name).session.clearBuffer(),
    resize: ({ name, widthPx, heightPx }) => find(name).session.changeSize(widthPx, heightPx),
    async stats({ name }) {
      const kinds = {};
      for (const entry of (await find(name).peer.getStats()).values()) {
        if (entry.type === 'inbound-rtp') kinds[entry.kind] = entry;
      }
      return kinds;
    },
    stop({ name }) {
      const { session, video } = find(name);
      sessions.delete(name);
      session.stopSession();
      video.srcObject = null;
      video.remove();
    },
  };
})();

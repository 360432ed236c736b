/** The far end of a media connection, living in the page under test. Sent to the page as text: uses no imports. */

interface PlatformPeer {
  /** Commands the client sent, without pings. */
  readonly commands: Array<{ type: string; data: Record<string, unknown> }>;
  readonly uploads: Array<{ label: string; protocol: string; chunkBytes: number[]; totalBytes: number }>;
  readonly pings: number;
  readonly offer: string;
  answersPings: boolean;
  acceptsFiles: boolean;
  answer(offer: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit>;
  /** Sends a frame as it is. */
  send(frame: string | ArrayBuffer): void;
  close(): void;
}

declare global {
  interface Window {
    platformPeer: PlatformPeer;
  }
}

export function installPlatformPeer(): void {
  let peer: RTCPeerConnection | undefined;
  let messages: RTCDataChannel | undefined;

  const onMessageChannel = (channel: RTCDataChannel): void => {
    messages = channel;
    channel.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type !== 'ping') {
        state.commands.push(frame);
        return;
      }
      state.pings++;
      if (state.answersPings) channel.send('{"type":"ping","data":{}}');
    };
  };

  const onFileChannel = (channel: RTCDataChannel): void => {
    channel.binaryType = 'arraybuffer';
    const upload = {
      label: channel.label,
      protocol: channel.protocol,
      chunkBytes: [] as number[],
      totalBytes: 0,
    };
    channel.onmessage = ({ data }) => {
      upload.chunkBytes.push(data.byteLength);
      upload.totalBytes += data.byteLength;
      if (data.byteLength > 0) return;
      state.uploads.push(upload);
      channel.send(`file-${state.uploads.length}`);
    };
    if (!state.acceptsFiles) return;
    // An empty binary frame first: it is no "ready" and no reference.
    channel.send(new ArrayBuffer(0));
    channel.send('');
  };

  const media = (): MediaStream => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 64;
    const context = canvas.getContext('2d');
    setInterval(() => {
      if (context === null) return;
      context.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
      context.fillRect(0, 0, 64, 64);
    }, 50);
    const stream = canvas.captureStream(20);
    const audio = new AudioContext();
    const destination = audio.createMediaStreamDestination();
    const oscillator = audio.createOscillator();
    oscillator.connect(destination);
    oscillator.start();
    for (const track of destination.stream.getAudioTracks()) stream.addTrack(track);
    return stream;
  };

  const state = {
    commands: [] as PlatformPeer['commands'],
    uploads: [] as PlatformPeer['uploads'],
    pings: 0,
    offer: '',
    answersPings: true,
    acceptsFiles: true,
    async answer(offer: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit> {
      state.offer = offer.sdp ?? '';
      const connection = new RTCPeerConnection();
      peer = connection;
      connection.ondatachannel = ({ channel }) => {
        const accept = channel.label === 'file' ? onFileChannel : onMessageChannel;
        accept(channel);
      };
      await connection.setRemoteDescription(offer);
      const stream = media();
      for (const track of stream.getTracks()) connection.addTrack(track, stream);
      await connection.setLocalDescription(await connection.createAnswer());
      while (connection.iceGatheringState !== 'complete') {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return { type: 'answer', sdp: connection.localDescription?.sdp ?? '' };
    },
    send(frame: string | ArrayBuffer): void {
      // The overloads of send() take one type each.
      messages?.send(frame as string);
    },
    close(): void {
      peer?.close();
    },
  };
  window.platformPeer = state;
}

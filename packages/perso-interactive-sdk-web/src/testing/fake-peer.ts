/** A peer connection without a network, driven by tests. */

export class FakeChannel {
  readonly label: string;
  readonly protocol: string;
  readonly sent: unknown[] = [];
  readyState = 'connecting';
  binaryType = 'blob';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;

  constructor(label: string, protocol: string) {
    this.label = label;
    this.protocol = protocol;
  }

  open(): void {
    this.readyState = 'open';
    this.onopen?.();
  }

  send(data: unknown): void {
    this.sent.push(typeof data === 'string' ? JSON.parse(data) : data);
  }

  close(): void {
    this.readyState = 'closed';
  }

  /** The far end closes the channel. */
  drop(): void {
    this.close();
    this.onclose?.();
  }

  receive(data: unknown): void {
    this.onmessage?.({ data });
  }

  command(type: string, data: object): void {
    this.receive(JSON.stringify({ type, data }));
  }

  /** Commands sent so far, without pings. */
  commands(): unknown[] {
    return this.sent.filter((frame) => (frame as { type?: string }).type !== 'ping');
  }
}

export class FakePeer {
  readonly configuration: RTCConfiguration;
  readonly channels: FakeChannel[] = [];
  readonly transceivers: unknown[] = [];
  readonly tracks: unknown[] = [];
  readonly remoteStream = { id: 'remote' };
  framesDecoded = 0;
  codecs: unknown;
  localDescription: unknown;
  remoteDescription: unknown;
  iceConnectionState = 'new';
  connectionState = 'new';
  closed = false;
  /** Whether applying the answer opens the channel and brings the tracks. */
  connects = true;
  ontrack: ((event: { streams: unknown[] }) => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;

  constructor(configuration: RTCConfiguration) {
    this.configuration = configuration;
  }

  get message(): FakeChannel {
    const [channel] = this.channels;
    if (channel === undefined) throw new Error('no channel yet');
    return channel;
  }

  createDataChannel(label: string, { protocol }: { protocol: string }): FakeChannel {
    const channel = new FakeChannel(label, protocol);
    this.channels.push(channel);
    return channel;
  }

  addTransceiver(kind: string, { direction }: { direction: string }): object {
    this.transceivers.push([kind, direction]);
    return {
      setCodecPreferences: (codecs: unknown) => {
        this.codecs = codecs;
      },
    };
  }

  getReceivers(): object[] {
    return [{ getStats: async () => new Map([['video', { framesDecoded: this.framesDecoded }]]) }];
  }

  addTrack(track: unknown): void {
    this.tracks.push(track);
  }

  async createOffer(): Promise<RTCSessionDescriptionInit> {
    return { type: 'offer', sdp: 'offer-sdp' };
  }

  async setLocalDescription(description: unknown): Promise<void> {
    this.localDescription = description;
  }

  async setRemoteDescription(description: unknown): Promise<void> {
    this.remoteDescription = description;
    if (!this.connects) return;
    this.ontrack?.({ streams: [this.remoteStream] });
    this.ontrack?.({ streams: [{ id: 'other' }] });
    this.message.open();
  }

  iceState(state: string): void {
    this.iceConnectionState = state;
    this.oniceconnectionstatechange?.();
  }

  close(): void {
    this.closed = true;
  }
}

/** The fake in place of the browser's class, of which it has what the SDK uses. */
export function asPeerConnection(peer: FakePeer): RTCPeerConnection {
  return peer as unknown as RTCPeerConnection;
}

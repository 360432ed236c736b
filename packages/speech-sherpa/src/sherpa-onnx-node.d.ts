/** The few calls of sherpa-onnx-node that the host needs; the package has no types of its own. */
declare module 'sherpa-onnx-node' {
  export interface OfflineStream {
    acceptWaveform(sound: { readonly samples: Float32Array; readonly sampleRate: number }): void;
  }
  export interface OfflineRecognizer {
    createStream(): OfflineStream;
    decode(stream: OfflineStream): void;
    getResult(stream: OfflineStream): { readonly text: string; readonly lang?: string };
  }
  const sherpa: { readonly OfflineRecognizer: new (config: object) => OfflineRecognizer };
  // biome-ignore lint/style/noDefaultExport: a CommonJS module's exports are its default export
  export default sherpa;
}

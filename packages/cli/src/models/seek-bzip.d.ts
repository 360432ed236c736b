/** The one call that is used; the package has no types of its own. */
declare module 'seek-bzip' {
  interface Input {
    /** -1 at the end. */
    readByte(): number;
    /** The number of bytes read, or -1 at the end. */
    read(target: Uint8Array, offset: number, length: number): number;
    eof(): boolean;
  }
  interface Output {
    writeByte(byte: number): void;
    flush(): void;
  }
  const bunzip: {
    /** @param multistream go on after the end of a stream, as files of parallel compressors need */
    decode(input: Input, output: Output, multistream: boolean): void;
  };
  // biome-ignore lint/style/noDefaultExport: a CommonJS module's exports are its default export
  export default bunzip;
}

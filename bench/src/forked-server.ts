/** Servers of the measurements, each in a process of its own: the entry is run with `serve` and tells its port. */
import { fork } from 'node:child_process';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';

export interface ForkedServer {
  /** Up to and with the version. */
  readonly baseUrl: string;
  readonly processId: number;
  close(): void;
}

/** `entry`: a module's URL. */
export function forkServer(entry: string, ...parameters: readonly string[]): Promise<ForkedServer> {
  const child = fork(fileURLToPath(entry), ['serve', ...parameters], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (port) => {
      resolve({
        baseUrl: `http://127.0.0.1:${String(port)}/v1`,
        processId: child.pid ?? 0,
        close: () => child.kill(),
      });
    });
  });
}

/** In the forked process, which ends with the one that forked it. */
export function announce(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : 0);
  });
  process.on('disconnect', () => process.exit(0));
}

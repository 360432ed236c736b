/** `npm start`: prepares the checkout and becomes the server. */
import { prepareWorkspace } from './workspace.ts';

try {
  await prepareWorkspace();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
await import('../packages/server/src/main.ts');

/** Worker that answers, fails, dies or hangs, as its request says. */
import { serveWorker } from '../worker-server.ts';

serveWorker<string, string>({
  failure: 'it did not work',
  async handle(request) {
    if (request === 'die') process.exit(1);
    if (request === 'fail') throw new Error('secret words');
    if (request === 'hang') await new Promise(() => {});
    return { reply: `${request}!` };
  },
});

/** Code shown in the README: a page that talks to the AI human. */

// #region client
import { ChatState, createSession } from './client.ts';

const { sessionId } = await (await fetch('/api/session')).json();
const session = await createSession({
  apiServer: 'https://visavox.example.com',
  sessionId,
  width: 1080,
  height: 1920,
  clientTools: [],
});

const video = document.querySelector('video');
if (video !== null) session.setSrc(video);

session.subscribeChatLog((log) => console.log(log.map((entry) => entry.text)));
session.subscribeChatStates((states) => console.log('speaking:', states.has(ChatState.SPEAKING)));
session.setErrorHandler((error) => console.error(error));

await session.processChat('Hello! What can you do?');
// #endregion

/** The Node.js that runs this command. The server brings its own; published packages support older ones. */
import { type Finding, failed, ok, warning } from './finding.ts';

const SERVER_MAJOR = 24;
const OLDEST_MAJOR = 20;

export function checkNode(version: string): readonly Finding[] {
  const major = Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0);
  if (major >= SERVER_MAJOR) return [ok('node', `Node.js ${version}`)];
  if (major < OLDEST_MAJOR) {
    return [
      failed(
        'node',
        `Node.js ${version} is too old`,
        `Install Node.js ${OLDEST_MAJOR} or newer from https://nodejs.org.`,
      ),
    ];
  }
  return [
    warning(
      'node',
      `Node.js ${version}; the server runs on ${SERVER_MAJOR}`,
      `Start the server with "npm start", which brings its own Node.js ${SERVER_MAJOR}.`,
    ),
  ];
}

/** What `.env.local` says. Only for the server: the key must not reach the browser. */

export function apiServer(): string {
  const value = process.env['PERSO_INTERACTIVE_API_SERVER']?.trim() || 'http://127.0.0.1:8484';
  return value.replace(/\/+$/, '');
}

/** @throws {Error} when there is none. */
export function apiKey(): string {
  const value = process.env['PERSO_INTERACTIVE_API_KEY']?.trim() ?? '';
  if (value !== '') return value;
  throw new Error('There is no API key: copy .env.example to .env.local, put the key in, and start again.');
}

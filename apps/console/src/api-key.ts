/** The key comes in the fragment of the printed URL (never sent to a server), and is kept for this browser. */
const STORAGE_NAME = 'visavox.apiKey';

export function takeApiKey(): string {
  const fromUrl = new URLSearchParams(location.hash.slice(1)).get('key');
  if (fromUrl !== null && fromUrl !== '') {
    history.replaceState(null, '', location.pathname + location.search);
    keepApiKey(fromUrl);
    return fromUrl;
  }
  try {
    return localStorage.getItem(STORAGE_NAME) ?? '';
  } catch {
    return '';
  }
}

export function keepApiKey(key: string): void {
  try {
    localStorage.setItem(STORAGE_NAME, key);
  } catch {
    // Without storage the key is asked for again next time.
  }
}

/** Step 1: the API server and the key. */

import { getAllSettings } from 'perso-interactive-sdk-web/client';
import { attempt, find } from '../page.ts';
import type { Catalogue } from '../panel.ts';

export interface Access {
  readonly apiServer: string;
  readonly apiKey: string;
}

export interface AuthorizePanel {
  setDisabled(disabled: boolean): void;
}

/** `onAuthorized` gets what the server offers to this key. */
export function createAuthorizePanel(
  onAuthorized: (access: Access, catalogue: Catalogue) => void,
): AuthorizePanel {
  const form = find('authorize', HTMLFormElement);
  const button = find('authorize-button', HTMLButtonElement);
  const server = find('api-server', HTMLInputElement);
  const key = find('api-key', HTMLInputElement);
  const showKey = find('show-key', HTMLButtonElement);

  server.oninput = () => {
    find('docs', HTMLAnchorElement).href = `${server.value.replace(/\/+$/, '')}/docs`;
  };

  showKey.onclick = () => {
    const show = key.type === 'password';
    key.type = show ? 'text' : 'password';
    showKey.textContent = show ? 'Hide key' : 'Show key';
    showKey.setAttribute('aria-pressed', String(show));
  };

  const load = async (): Promise<void> => {
    button.disabled = true;
    button.textContent = 'Loading…';
    try {
      const access = { apiServer: server.value.trim(), apiKey: key.value.trim() };
      const catalogue: Catalogue = await getAllSettings(access);
      onAuthorized(access, catalogue);
    } finally {
      button.disabled = false;
      button.textContent = 'Authorize';
    }
  };

  form.onsubmit = (event) => {
    event.preventDefault();
    void attempt(load);
  };

  return {
    setDisabled(disabled) {
      button.disabled = disabled;
    },
  };
}

import { defineEnvVars } from '@sveltejs/kit/env';

/** Read when the app starts, and never sent to the browser. */
export const variables = defineEnvVars({
  PERSO_INTERACTIVE_API_KEY: {
    description: 'Key for the API server.',
    // Without a key the page still opens, and says what is missing.
    schema: (value): string => value?.trim() ?? '',
  },
  PERSO_INTERACTIVE_API_SERVER: {
    description: 'Address of the API server.',
    schema: (value): string => (value?.trim() || 'http://127.0.0.1:8484').replace(/\/+$/, ''),
  },
});

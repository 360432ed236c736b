import { PERSO_INTERACTIVE_API_SERVER } from '$app/env/private';

export function load(): { docsUrl: string } {
  return { docsUrl: `${PERSO_INTERACTIVE_API_SERVER}/docs` };
}

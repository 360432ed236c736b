import path from 'node:path';
import { defineConfig } from 'vite';

/** Prefilled in the form; the script-tag page also loads the SDK from here. */
const apiServer = process.env.PERSO_INTERACTIVE_API_SERVER ?? 'http://127.0.0.1:8484';

export default defineConfig({
  // The pages write it as %API_SERVER%.
  define: { 'import.meta.env.API_SERVER': JSON.stringify(apiServer) },
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
  build: {
    rolldownOptions: {
      input: ['index.html', 'script-tag.html'].map((page) => path.join(import.meta.dirname, page)),
    },
  },
});

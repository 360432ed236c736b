/** `npm run vanilla | typescript | svelte | nextjs`: see start-app.ts. */
import { runOnToolchain } from '../../scripts/toolchain.mjs';

await runOnToolchain('../apps/shared/start-app.ts');

/** The version of this package, from its manifest: the build leaves nothing else of the manifest in the bundle. */

import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;

/**
 * Compiles `kernel.as` with AssemblyScript and writes `kernel.generated.ts`.
 * Run it after a change of the kernel: `node packages/server/src/avatar/kernel/build-kernel.ts`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const sourceUrl = new URL('./kernel.as', import.meta.url);
const generatedUrl = new URL('./kernel.generated.ts', import.meta.url);

/** Compiles the kernel's source and returns the text that `kernel.generated.ts` must hold. */
export async function compileKernel(): Promise<string> {
  const source = await readFile(sourceUrl, 'utf8');
  // Loaded here and not at the top: the compiler is a development dependency that start-up never needs.
  const { main } = await import('assemblyscript/asc');
  let binary: Uint8Array | undefined;
  const messages: string[] = [];
  const { error } = await main(
    [
      'kernel.ts',
      ...[
        '--outFile',
        'kernel.wasm',
        '--runtime',
        'stub',
        '--importMemory',
        '--noExportMemory',
        '--noAssert',
      ],
      ...['--enable', 'simd', '--enable', 'bulk-memory', '-O3', '--converge'],
    ],
    {
      readFile: (name) => (name === 'kernel.ts' ? source : null),
      writeFile: (name, contents) => {
        if (name === 'kernel.wasm' && typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
      stderr: { write: (text) => void messages.push(String(text)) },
    },
  );
  if (error !== null || binary === undefined) {
    throw new Error(`The avatar kernel does not compile: ${messages.join('') || String(error)}`);
  }
  const base64 = Buffer.from(binary).toString('base64');
  const lines = base64.match(/.{1,100}/g) ?? [];
  return [
    '// Generated from kernel.as by build-kernel.ts. Do not edit.',
    '/** The compiled pixel kernel (WebAssembly with SIMD), base64. */',
    'export const KERNEL_BASE64 =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(generatedUrl, await compileKernel());
}

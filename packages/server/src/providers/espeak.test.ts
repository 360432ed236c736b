import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createEspeakProvider, findEspeakHost } from './espeak.ts';
import { startEspeakHost } from './espeak-host.ts';
import type { Provider } from './provider.ts';
import { describeSynthesizer } from './testing/synthesizer-conformance.ts';

const host = findEspeakHost();
const isEngineInstalled =
  host !== undefined && canResolveFrom(host[1] ?? '', '@echogarden/espeak-ng-emscripten');
const oddHost = fileURLToPath(new URL('./testing/odd-espeak-host.ts', import.meta.url));
const oddCommand = [process.execPath, oddHost] as const;
const signal = new AbortController().signal;

function canResolveFrom(from: string, name: string): boolean {
  try {
    createRequire(from).resolve(name);
    return true;
  } catch {
    return false;
  }
}

async function say(provider: Provider, text: string, language = 'ko'): Promise<number> {
  let samples = 0;
  const speech = provider.synthesizer?.synthesize({ text, voiceId: 'ko-female', language }, { signal });
  for await (const chunk of speech ?? []) samples += chunk.samples.length;
  return samples;
}

describe.skipIf(!isEngineInstalled)('with eSpeak NG installed', () => {
  describeSynthesizer('eSpeak NG', {
    create: () => createEspeakProvider(),
    voiceId: 'ko-female',
    language: 'ko',
    text: '안녕하세요. 오후 3시에 독립문에서 만나요. 반갑습니다.',
    hasVisemes: true,
  });

  it.each([
    ['en', 'Hello there.'],
    ['es', 'Hola, ¿cómo estás?'],
    ['ja', 'こんにちは。'],
    ['zh', '你好。'],
    ['fr', 'Bonjour.'],
    ['de', 'Guten Tag.'],
  ])('speaks %s', async (language, text) => {
    const provider = await createEspeakProvider();
    try {
      expect(await say(provider, text, language)).toBeGreaterThan(5000);
      await expect(say(provider, text, 'tlh')).rejects.toMatchObject({ kind: 'unavailable' });
    } finally {
      await provider.close();
    }
  });
});

describe('the host of eSpeak NG', () => {
  it('is started again when it dies, up to a limit', async () => {
    const provider = await createEspeakProvider({ command: oddCommand });
    try {
      await expect(say(provider, 'die')).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await say(provider, 'fine')).toBe(1600);
      for (let i = 0; i < 3; i++)
        await expect(say(provider, 'die')).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(say(provider, 'fine')).rejects.toMatchObject({ kind: 'unavailable' });
    } finally {
      await provider.close();
    }
  });

  it('is replaced when it hangs or sends something else than frames', async () => {
    const espeak = await startEspeakHost({ command: oddCommand, pieceTimeoutMs: 2500, signal });
    const speak = async (text: string) => {
      let pieces = 0;
      for await (const _ of espeak.speak({ voice: 'ko', text }, { signal })) pieces++;
      return pieces;
    };
    try {
      await expect(speak('hang')).rejects.toMatchObject({ kind: 'timeout' });
      await expect(speak('noise')).rejects.toMatchObject({ kind: 'protocol' });
    } finally {
      await espeak.close();
      await espeak.close();
    }
    await expect(speak('fine')).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each([
    ['its engine is missing', [...oddCommand, '--absent']],
    ['it does not exist', ['/nowhere/node', 'host.ts']],
    ['it ends at once', [process.execPath, '--version']],
  ])('is reported as not available when %s', async (_name, [program = '', ...args]) => {
    await expect(createEspeakProvider({ command: [program, ...args] })).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  it('is ended when its start is aborted', async () => {
    const controller = new AbortController();
    const starting = createEspeakProvider({ command: oddCommand, signal: controller.signal });
    const reason = new Error('stop');
    controller.abort(reason);
    await expect(starting).rejects.toBe(reason);
  });
});

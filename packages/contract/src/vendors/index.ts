/**
 * The environment variables of vendors that are reached with a key: what the operator's key, address and settings are
 * called.
 */

export interface VendorVariables {
  /** As in routing tables and constraints. */
  readonly id: string;
  readonly displayName: string;
  /** That hold the operator's key, in the vendor's own naming; the first one set counts. */
  readonly keyVariables: readonly string[];
  /** An address in place of the vendor's own (a deployment of one's own, a proxy). */
  readonly baseUrlVariable: string;
  /** Further settings by option, e.g. `{ region: 'AZURE_SPEECH_REGION' }`. */
  readonly settingVariables?: Readonly<Partial<Record<'region' | 'project', string>>>;
}

export const VENDOR_VARIABLES = {
  anthropic: vendor('anthropic', 'Anthropic', 'ANTHROPIC'),
  assemblyai: vendor('assemblyai', 'AssemblyAI', 'ASSEMBLYAI', {
    settingVariables: { region: 'ASSEMBLYAI_REGION' },
  }),
  azure: vendor('azure', 'Azure Speech', 'AZURE_SPEECH', {
    keyVariables: ['AZURE_SPEECH_KEY'],
    settingVariables: { region: 'AZURE_SPEECH_REGION' },
  }),
  cartesia: vendor('cartesia', 'Cartesia', 'CARTESIA'),
  cerebras: vendor('cerebras', 'Cerebras', 'CEREBRAS'),
  deepgram: vendor('deepgram', 'Deepgram', 'DEEPGRAM'),
  deepseek: vendor('deepseek', 'DeepSeek', 'DEEPSEEK'),
  elevenlabs: vendor('elevenlabs', 'ElevenLabs', 'ELEVENLABS', {
    keyVariables: ['ELEVENLABS_API_KEY', 'ELEVEN_API_KEY'],
  }),
  fireworks: vendor('fireworks', 'Fireworks AI', 'FIREWORKS'),
  google: vendor('google', 'Google', 'GOOGLE', {
    keyVariables: [
      // Opens more than a key.
      'GOOGLE_CREDENTIALS_JSON',
      'GOOGLE_API_KEY',
      'GEMINI_API_KEY',
      'GOOGLE_GENERATIVE_AI_API_KEY',
    ],
    settingVariables: { project: 'GOOGLE_CLOUD_PROJECT', region: 'GOOGLE_CLOUD_REGION' },
  }),
  groq: vendor('groq', 'Groq', 'GROQ'),
  mistral: vendor('mistral', 'Mistral', 'MISTRAL'),
  openai: vendor('openai', 'OpenAI', 'OPENAI'),
  rime: vendor('rime', 'Rime', 'RIME'),
  soniox: vendor('soniox', 'Soniox', 'SONIOX', { settingVariables: { region: 'SONIOX_REGION' } }),
  together: vendor('together', 'Together AI', 'TOGETHER'),
  xai: vendor('xai', 'xAI', 'XAI'),
} satisfies Readonly<Record<string, VendorVariables>>;

/** The variables that a vendor's key may stand in, the first one set counts. Each has a variant that ends in `_FILE`. */
export function vendorKeyVariables({ id, keyVariables }: VendorVariables): readonly string[] {
  return [`SPEKO_${id.toUpperCase().replaceAll('-', '_')}_BYOK_API_KEY`, ...keyVariables];
}

/** Most names follow from the vendor's: `GROQ_API_KEY`, `GROQ_BASE_URL`. */
function vendor(
  id: string,
  displayName: string,
  prefix: string,
  others: Partial<Pick<VendorVariables, 'keyVariables' | 'settingVariables'>> = {},
): VendorVariables {
  return {
    id,
    displayName,
    keyVariables: [`${prefix}_API_KEY`],
    baseUrlVariable: `${prefix}_BASE_URL`,
    ...others,
  };
}

/**
 * The environment variables of vendors that are reached with a key: what the operator's key, address and settings are
 * called. A test of the whole compares it with the server's list.
 */

export interface VendorVariables {
  /** As in routing tables and constraints. */
  readonly id: string;
  readonly displayName: string;
  /** In the vendor's own naming. */
  readonly keyVariables: readonly string[];
  /** An address in place of the vendor's own. */
  readonly baseUrlVariable: string;
  readonly settingVariables?: Readonly<Partial<Record<'region' | 'project', string>>>;
}

export const VENDOR_VARIABLES: readonly VendorVariables[] = [
  vendor('anthropic', 'Anthropic', 'ANTHROPIC'),
  vendor('assemblyai', 'AssemblyAI', 'ASSEMBLYAI', { settingVariables: { region: 'ASSEMBLYAI_REGION' } }),
  vendor('azure', 'Azure Speech', 'AZURE_SPEECH', {
    keyVariables: ['AZURE_SPEECH_KEY'],
    settingVariables: { region: 'AZURE_SPEECH_REGION' },
  }),
  vendor('cartesia', 'Cartesia', 'CARTESIA'),
  vendor('cerebras', 'Cerebras', 'CEREBRAS'),
  vendor('deepgram', 'Deepgram', 'DEEPGRAM'),
  vendor('deepseek', 'DeepSeek', 'DEEPSEEK'),
  vendor('elevenlabs', 'ElevenLabs', 'ELEVENLABS', {
    keyVariables: ['ELEVENLABS_API_KEY', 'ELEVEN_API_KEY'],
  }),
  vendor('fireworks', 'Fireworks AI', 'FIREWORKS'),
  vendor('google', 'Google', 'GOOGLE', {
    keyVariables: [
      'GOOGLE_CREDENTIALS_JSON',
      'GOOGLE_API_KEY',
      'GEMINI_API_KEY',
      'GOOGLE_GENERATIVE_AI_API_KEY',
    ],
    settingVariables: { project: 'GOOGLE_CLOUD_PROJECT', region: 'GOOGLE_CLOUD_REGION' },
  }),
  vendor('groq', 'Groq', 'GROQ'),
  vendor('mistral', 'Mistral', 'MISTRAL'),
  vendor('openai', 'OpenAI', 'OPENAI'),
  vendor('rime', 'Rime', 'RIME'),
  vendor('soniox', 'Soniox', 'SONIOX', { settingVariables: { region: 'SONIOX_REGION' } }),
  vendor('together', 'Together AI', 'TOGETHER'),
  vendor('xai', 'xAI', 'XAI'),
];

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

/**
 * The measurements that come with the server: the published benchmark of the gateway contract (English, snapshot of
 * 2026-04-25). An operator's own measurements replace them; see docs/routing.md.
 */
import type { Modality } from './intent.ts';
import type { Mode, RowStatus, ScoreRow, Snapshot } from './scores.ts';

const RUN_ID = 'shipped-2026-04-25';
const REGIONS = ['us-east4', 'europe-west3', 'asia-southeast1'] as const;

/** Median latencies in the three regions; null where there is none. */
type ByRegion = readonly [usEast: number | null, europe: number | null, asia: number | null];

interface SpeechMeasurement {
  readonly model: string;
  readonly status: RowStatus;
  readonly warning?: string;
  /** Error rate in percent; null when not measured. */
  readonly errorPercent: number | null;
  readonly batchMs: number | null;
  readonly streamingMs: ByRegion | null;
  readonly usdPerMinute: number;
  /** Where it differs. */
  readonly batchUsdPerMinute?: number;
}

const STT: readonly SpeechMeasurement[] = [
  {
    model: 'deepgram:nova-3',
    status: 'production',
    errorPercent: 7.8,
    batchMs: 366,
    streamingMs: [1061, 1136, 1172],
    usdPerMinute: 0.0077,
    batchUsdPerMinute: 0.0043,
  },
  {
    model: 'elevenlabs:scribe_v2',
    status: 'production',
    errorPercent: 3.4,
    batchMs: 1071,
    streamingMs: [2048, 2119, 2231],
    usdPerMinute: 0.0065,
    batchUsdPerMinute: 0.0067,
  },
  {
    model: 'elevenlabs:scribe_v1',
    status: 'production',
    errorPercent: 5.4,
    batchMs: 1019,
    streamingMs: null,
    usdPerMinute: 0.0037,
  },
  {
    model: 'alibaba:qwen3-asr-flash',
    status: 'production',
    errorPercent: 3.5,
    batchMs: 1021,
    streamingMs: [6535, 6567, 6326],
    usdPerMinute: 0.0021,
  },
  {
    model: 'openai:gpt-4o-transcribe',
    status: 'warned',
    warning: 'word error rate far above its peers',
    errorPercent: 19.4,
    batchMs: 1064,
    streamingMs: [585, 574, 739],
    usdPerMinute: 0.006,
  },
  {
    model: 'openai:gpt-4o-mini-transcribe',
    status: 'production',
    errorPercent: 8.2,
    batchMs: 914,
    streamingMs: [619, 643, 914],
    usdPerMinute: 0.003,
  },
  {
    model: 'openai:whisper-1',
    status: 'production',
    errorPercent: 9.6,
    batchMs: 1193,
    streamingMs: null,
    usdPerMinute: 0.006,
  },
  {
    model: 'xai:grok-stt',
    status: 'warned',
    warning: 'word error rate above its peers',
    errorPercent: 10.9,
    batchMs: 866,
    streamingMs: [1454, 1545, 1680],
    usdPerMinute: 0.00333,
    batchUsdPerMinute: 0.00167,
  },
  {
    model: 'assemblyai:universal-2',
    status: 'provisional',
    errorPercent: 6.22,
    batchMs: 3693,
    streamingMs: [1626, 1740, 1909],
    usdPerMinute: 0.0062,
  },
  {
    model: 'assemblyai:universal-3-pro',
    status: 'provisional',
    errorPercent: 5.06,
    batchMs: 4171,
    streamingMs: null,
    usdPerMinute: 0.0067,
  },
  {
    model: 'google:chirp_2',
    status: 'provisional',
    errorPercent: 5.37,
    batchMs: 4517,
    streamingMs: [6981, 7441, 7995],
    usdPerMinute: 0.024,
  },
  {
    model: 'google:gemini-2.5-flash',
    status: 'provisional',
    errorPercent: 6.03,
    batchMs: 2510,
    streamingMs: [2162, 2028, 3461],
    usdPerMinute: 0.0002,
  },
];

const TTS: readonly SpeechMeasurement[] = [
  {
    model: 'elevenlabs:eleven_v3',
    status: 'production',
    errorPercent: 2.163,
    batchMs: 1694,
    streamingMs: [1563, 671, 713],
    usdPerMinute: 0.045,
  },
  {
    model: 'elevenlabs:eleven_multilingual_v2',
    status: 'production',
    errorPercent: 2.112,
    batchMs: 1427,
    streamingMs: [429, 406, 413],
    usdPerMinute: 0.03,
  },
  {
    model: 'elevenlabs:eleven_flash_v2_5',
    status: 'production',
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: a measurement, not Euler's number
    errorPercent: 2.718,
    batchMs: 431,
    streamingMs: [138, 119, 114],
    usdPerMinute: 0.015,
  },
  {
    model: 'openai:gpt-4o-mini-tts',
    status: 'production',
    errorPercent: 1.991,
    batchMs: 940,
    streamingMs: [751, 917, 948],
    usdPerMinute: 0.015,
  },
  {
    model: 'alibaba:qwen3-tts-flash',
    status: 'production',
    errorPercent: 3.159,
    batchMs: 2270,
    streamingMs: [588, 604, 151],
    usdPerMinute: 0.0014,
  },
  {
    model: 'google:chirp-3-hd',
    status: 'production',
    errorPercent: 3.398,
    batchMs: 1405,
    streamingMs: [152, 224, 244],
    usdPerMinute: 0.027,
  },
  {
    model: 'google:gemini-3.1-flash-tts-preview',
    status: 'warned',
    warning: 'first byte after seven seconds',
    errorPercent: 2.042,
    batchMs: 7014,
    streamingMs: null,
    usdPerMinute: 0.009,
  },
  {
    model: 'xai:grok-tts',
    status: 'production',
    errorPercent: 1.902,
    batchMs: 817,
    streamingMs: [533, 717, 1000],
    usdPerMinute: 0.0045,
  },
  ...(
    [
      ['cartesia:sonic-3', 0.006],
      ['deepgram:aura-2', 0.018],
      ['rime:arcana', 0.03],
      ['azure:neural', 0.0125],
      ['google:wavenet', 0.014],
    ] as const
  ).map(
    ([model, usdPerMinute]): SpeechMeasurement => ({
      model,
      status: 'provisional',
      errorPercent: null,
      batchMs: null,
      streamingMs: null,
      usdPerMinute,
    }),
  ),
];

/** Model, quality index, first token in milliseconds, US dollars a minute. */
const LLM: readonly (readonly [model: string, quality: number, latencyMs: number, usdPerMinute: number])[] = [
  ['openai:gpt-4o', 67, 380, 0.00118],
  ['openai:gpt-4o-mini', 46, 320, 0.00007],
  ['openai:gpt-4.1-mini', 53, 360, 0.00018],
  ['anthropic:claude-3-5-sonnet', 65, 720, 0.00165],
  ['anthropic:claude-3-5-haiku', 51, 540, 0.00045],
  ['google:gemini-2.0-flash', 60, 290, 0.00007],
  ['google:gemini-1.5-flash', 49, 310, 0.00006],
  ['xai:grok-2', 56, 410, 0.00104],
];

/** Model, turn with a tool call, task success in percent, US dollars a minute. */
const S2S: readonly (readonly [
  model: string,
  latencyMs: ByRegion,
  success: ByRegion,
  usdPerMinute: number | null,
])[] = [
  ['openai:gpt-realtime', [3485, 3775, 5114], [85, 100, 90], 0.3],
  ['xai:grok-voice-think-fast-1.0', [1319, null, 4365], [95, null, 90], null],
  ['google:gemini-live-2.5-flash-native-audio', [2655, 2679, 1069], [80, 65, 90], 0.01125],
];

interface Numbers {
  readonly status: RowStatus;
  readonly warning?: string | undefined;
  readonly quality: number | null;
  readonly latencyMs: number | null;
  readonly usdPerMinute: number | null;
}

function rowOf(modality: Modality, model: string, mode: Mode, region: string, numbers: Numbers): ScoreRow {
  const colon = model.indexOf(':');
  return {
    runId: RUN_ID,
    modality,
    providerId: model.slice(0, colon),
    modelId: model.slice(colon + 1),
    language: 'en',
    region,
    mode,
    origin: 'shipped',
    ...numbers,
  };
}

function speechRows(modality: 'stt' | 'tts', measured: SpeechMeasurement): readonly ScoreRow[] {
  const { model, status, warning, errorPercent: quality, batchMs, streamingMs, usdPerMinute } = measured;
  const shared = { status, warning, quality };
  return [
    rowOf(modality, model, 'batch', 'global', {
      ...shared,
      latencyMs: batchMs,
      usdPerMinute: measured.batchUsdPerMinute ?? usdPerMinute,
    }),
    ...REGIONS.flatMap((region, index) => {
      const latencyMs = streamingMs?.[index] ?? null;
      return latencyMs === null
        ? []
        : [rowOf(modality, model, 'streaming', region, { ...shared, latencyMs, usdPerMinute })];
    }),
  ];
}

export const SHIPPED_SCORES: Snapshot = {
  runId: RUN_ID,
  rows: [
    ...STT.flatMap((measured) => speechRows('stt', measured)),
    ...TTS.flatMap((measured) => speechRows('tts', measured)),
    ...LLM.map(([model, quality, latencyMs, usdPerMinute]) =>
      rowOf('llm', model, 'streaming', 'global', { status: 'production', quality, latencyMs, usdPerMinute }),
    ),
    ...S2S.flatMap(([model, latencies, successes, usdPerMinute]) =>
      REGIONS.flatMap((region, index) => {
        const latencyMs = latencies[index] ?? null;
        const quality = successes[index] ?? null;
        return latencyMs === null
          ? []
          : [
              rowOf('s2s', model, 'realtime', region, {
                status: 'production',
                quality,
                latencyMs,
                usdPerMinute,
              }),
            ];
      }),
    ),
  ],
};

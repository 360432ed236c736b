/** What can be routed to, and why: voices, known providers, and previews of rankings (section 10). */
import { routingIntent, SpekoError } from '@visavox/contract/speko';
import { VENDORS } from '../../providers/vendors/all.ts';
import { type CallContext, type Gateway, NoCandidateError } from '../../routing/gateway.ts';
import type { Candidate, Dropped, Ranking, Router } from '../../routing/router.ts';
import type { Call } from '../bind.ts';
import { describeChoice, entriesOf, isMeasured, objectiveOf, readMaxPrice } from '../route-values.ts';
import { contextOf } from './calls.ts';

export interface InspectionContext {
  readonly gateway: Gateway;
  readonly router: Router;
}

const SERVED = ['stt', 'llm', 'tts'] as const;
/** Hosted names of some vendors' voices, which filters may use. */
const TTS_SUFFIX = /-tts$/;

export function createInspectionHandlers({ gateway, router }: InspectionContext) {
  const contextFor = (call: Call, optimizeFor: string | null): CallContext => {
    const { query } = call;
    const intent = routingIntent.safeParse({
      language: query.get('language') ?? undefined,
      region: query.get('region') ?? 'global',
      optimizeFor: objectiveOf(optimizeFor),
    });
    if (intent.success) return contextOf(call, intent.data, undefined, call.request.signal);
    const issues = intent.error.issues.map(({ path, message }) => ({
      path: path.map(String).join('.'),
      message,
    }));
    throw new SpekoError(
      'INVALID_INTENT',
      'The query holds no valid intent: language is needed, region and optimize_for are optional.',
      { issues },
    );
  };
  const speakersFor = (call: Call) => {
    const listed = router.list('tts', gateway.keysOf(call.caller?.organization.id ?? ''));
    return [...new Set(listed.map(({ keyed }) => keyed.provider))];
  };

  return {
    async listVoices(call: Call): Promise<object> {
      const filter = call.query.get('provider')?.toLowerCase().replace(TTS_SUFFIX, '');
      const providers = speakersFor(call).filter(({ id }) => filter === undefined || id === filter);
      return {
        // Voices that belong to an account are the account's business: they are not listed here.
        voices: providers.flatMap(({ id, synthesizer }) =>
          (synthesizer?.fetchVoices === undefined ? (synthesizer?.voices ?? []) : []).map((voice) => ({
            vendor: id,
            id: voice.id,
            name: voice.displayName,
          })),
        ),
        providers: providers.map(({ id, displayName, synthesizer }) => ({
          key: id,
          name: displayName,
          models: (synthesizer?.models ?? [{ id: 'default' }]).map((model) => model.id),
          voicesFetchedLive: synthesizer?.fetchVoices !== undefined,
        })),
      };
    },

    async listKnownProviders(): Promise<object> {
      return Object.fromEntries(
        SERVED.map((modality) => {
          const names = new Map<string, string>(VENDORS.map(({ id, displayName }) => [id, displayName]));
          const models = new Map<string, Set<string>>();
          const benchmarked = new Set<string>();
          for (const { providerId, modelId } of router.scores.models(modality)) {
            benchmarked.add(`${providerId}:${modelId}`);
            models.set(providerId, (models.get(providerId) ?? new Set()).add(modelId));
          }
          for (const { keyed, modelId } of router.list(modality)) {
            const { id, displayName } = keyed.provider;
            names.set(id, displayName);
            models.set(id, (models.get(id) ?? new Set()).add(modelId));
          }
          const rows = [...models].flatMap(([vendor, of]) => {
            const shared = { vendor, vendorName: names.get(vendor) ?? vendor };
            const some = [...of].some((model) => benchmarked.has(`${vendor}:${model}`));
            return [
              { id: vendor, ...shared, model: null, benchmarked: some },
              ...[...of].map((model) => ({
                id: `${vendor}:${model}`,
                ...shared,
                model,
                benchmarked: benchmarked.has(`${vendor}:${model}`),
              })),
            ];
          });
          return [modality, rows];
        }),
      );
    },

    async getBenchmarkStack(call: Call): Promise<object> {
      const context = contextFor(call, call.query.get('optimize_for'));
      const rankings = SERVED.map((modality) => [modality, gateway.rank(modality, context)] as const);
      return {
        intent: context.intent,
        scoresRunId: router.scores.runId,
        ...Object.fromEntries(rankings.map(([modality, ranking]) => [modality, showPick(ranking)])),
        s2s: null,
        filtered_out: rankings.flatMap(([, { dropped }]) => dropped.map(showDropped)),
      };
    },

    async previewRouting(call: Call): Promise<object> {
      const stage = call.query.get('stage');
      if (stage !== null) return previewStage(call, stage);
      const context = contextFor(call, call.query.get('optimize_for'));
      const picks = SERVED.map((modality) => [modality, showPick(gateway.rank(modality, context))] as const);
      if (picks.every(([, pick]) => pick === null)) throw new SpekoError('PROVIDER_SELECTION_FAILED');
      return { ...Object.fromEntries(picks), intent: context.intent, scoresRunId: router.scores.runId };
    },
  };

  function previewStage(call: Call, stage: string): object {
    const modality = SERVED.find((one) => one === stage);
    if (modality === undefined) throw new SpekoError('INVALID_INTENT', 'stage must be stt, llm or tts.');
    const { query } = call;
    const maxPrice = readMaxPrice(query.get('max_price'));
    if (maxPrice === null) {
      throw new SpekoError('INVALID_INTENT', 'max_price must be a number of US dollars.');
    }
    const context: CallContext = {
      ...contextFor(call, query.get('objective')),
      allowed: { [modality]: entriesOf(query.get('allow')) },
      denied: entriesOf(query.get('deny')),
      maxPrice,
    };
    const ranking = gateway.rank(modality, context);
    const [first, ...others] = ranking.candidates;
    if (first === undefined) {
      throw new SpekoError('PROVIDER_SELECTION_FAILED', new NoCandidateError(modality, ranking).message);
    }
    const { intent } = context;
    return {
      id: nameOf(first),
      model: first.modelId,
      provider: first.providerId,
      language: intent.language,
      language_recognized: true,
      objective: intent.optimizeFor,
      reason: describeChoice(first, intent),
      evidence: isMeasured(first) ? 'measured' : 'fallback',
      measured: showEvidence(first),
      runners_up: others.map((candidate) => ({
        id: nameOf(candidate),
        model: candidate.modelId,
        provider: candidate.providerId,
        score: candidate.score,
        measuredLanguage: candidate.evidence?.row.language ?? null,
      })),
      filtered_out: ranking.dropped.map(showDropped),
    };
  }
}

function showPick({ candidates }: Ranking): object | null {
  const [first, ...others] = candidates;
  return first === undefined ? null : { ...showCandidate(first), runnersUp: others.map(showCandidate) };
}

/** The contract's three members, and what the score was made of. */
function showCandidate(candidate: Candidate): object {
  return {
    providerId: candidate.providerId,
    modelId: candidate.modelId,
    score: candidate.score,
    keySource: candidate.keySource,
    measured: showEvidence(candidate),
  };
}

function showEvidence({ evidence, axes }: Candidate): object | null {
  if (evidence === null) return null;
  const { row, language } = evidence;
  return {
    runId: row.runId,
    origin: row.origin,
    language: row.language,
    languageMatch: language,
    region: row.region,
    mode: row.mode,
    quality: row.quality,
    latencyP50Ms: row.latencyMs,
    latencyP95Ms: row.latencyP95Ms ?? null,
    usdPerMinute: row.usdPerMinute,
    errorRate: row.errorRate ?? null,
    samples: row.samples ?? null,
    axes,
  };
}

function showDropped({ modality, providerId, modelId, reason }: Dropped): object {
  return { modality, providerId, modelId, reason };
}

function nameOf({ providerId, modelId }: Candidate): string {
  return `${providerId}:${modelId}`;
}

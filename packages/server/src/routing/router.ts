/** Finds who can serve an intent, in the order in which they should be tried, and says why others cannot. */
import { type Provider, type RecognitionFeature, type SpeechModel, voicesOf } from '../providers/provider.ts';
import type { Breakers } from './breakers.ts';
import type { Target } from './failover.ts';
import { coversLanguage, isAllowed, type Modality, type RoutingIntent } from './intent.ts';
import { type Ranked, rank, rejectionOf } from './rank.ts';
import {
  CHARACTERS_PER_MINUTE,
  type Evidence,
  findEvidence,
  indexScores,
  type LanguageEvidence,
  type ScoreIndex,
  type ScoreRow,
  type Snapshot,
  TOKENS_PER_MINUTE,
} from './scores.ts';

/** Speech to speech is ranked for previews only; nothing here serves it yet. */
export type ServedModality = Exclude<Modality, 's2s'>;

/** Whose key is used: the organization's own, or the operator's. */
export type KeySource = 'BYOK' | 'MANAGED';

/** A provider with the key it was opened with. */
export interface KeyedProvider {
  readonly provider: Provider;
  readonly keySource: KeySource;
  /** Distinguishes keys of one vendor; never the key itself. */
  readonly keyId: string;
}

export interface Candidate extends Target {
  readonly provider: Provider;
  readonly keySource: KeySource;
  /** 0 – 1 within its pool; null for models without measurements. */
  readonly score: number | null;
  /** What the score was made of; null without measurements. */
  readonly axes: Ranked['axes'] | null;
  readonly evidence: CandidateEvidence | null;
}

export interface CandidateEvidence {
  readonly language: LanguageEvidence;
  readonly row: ScoreRow;
}

export interface Dropped {
  readonly modality: Modality;
  readonly providerId: string;
  readonly modelId: string;
  readonly reason: string;
}

export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly dropped: readonly Dropped[];
  readonly scoresRunId: string | null;
}

export interface RankRequest {
  readonly modality: ServedModality;
  readonly intent: RoutingIntent;
  readonly allowed?: readonly string[] | undefined;
  /** Entries as in `allowed` that must not be used. */
  readonly denied?: readonly string[] | undefined;
  /** In the unit of the modality: see {@link priceOf}. Models without a price are left out as well. */
  readonly maxPrice?: number | undefined;
  /** Keys that the organization brought, in place of the operator's. */
  readonly own?: readonly KeyedProvider[] | undefined;
  /** What the recogniser must be able to do. */
  readonly features?: readonly RecognitionFeature[] | undefined;
  /** Of conversations that must go on: models that nobody measured and built-in engines are tried as well, last. */
  readonly everything?: boolean | undefined;
}

export interface Router {
  rank(request: RankRequest): Ranking;
  /** One model by name, measured or not; undefined when no provider here offers it. */
  pin(
    request: RankRequest & { readonly providerId: string; readonly modelId: string | undefined },
  ): Candidate | undefined;
  /**
   * Reads the name of a model: `vendor:model`, `vendor/model`, `vendor`, or the model's name alone. Undefined when no
   * provider here is meant.
   */
  resolve(
    modality: ServedModality,
    name: string,
    own?: readonly KeyedProvider[],
  ): { readonly providerId: string; readonly modelId: string | undefined } | undefined;
  /** Everything that can be called: each provider with a key, and its models. */
  list(
    modality: ServedModality,
    own?: readonly KeyedProvider[],
  ): readonly {
    readonly keyed: KeyedProvider;
    readonly modelId: string;
    readonly languages: readonly string[];
  }[];
  /** Providers of the operator. */
  readonly providers: readonly KeyedProvider[];
  readonly scores: ScoreIndex;
  /** Replaces the measurements; calls under way keep the order they began with. */
  setScores(snapshot: Snapshot): void;
}

export interface RouterOptions {
  readonly providers: readonly Provider[];
  readonly scores: Snapshot;
  readonly breakers: Breakers;
  readonly now: () => number;
  readonly allowProvisional: boolean;
  /** Whether models of vendors that nobody measured may be used, after all others. */
  readonly allowUnmeasured: boolean;
}

const NO_MODELS: readonly SpeechModel[] = [{ id: 'default', languages: ['*'] }];

/** So long a breaker whose time is over may stay unnoticed. */
const REMEMBER_MS = 250;
const MAX_REMEMBERED = 2000;

interface Offer {
  readonly keyed: KeyedProvider;
  readonly modelId: string;
  /** Of the model, as far as the provider says. */
  readonly languages: readonly string[];
  readonly evidence: Evidence | undefined;
}

export function createRouter(options: RouterOptions): Router {
  const { breakers, now } = options;
  let scores = indexScores(options.scores);
  /** By request; the same question is asked many times a second. */
  const remembered = new Map<
    string,
    {
      readonly own: RankRequest['own'];
      readonly version: number;
      readonly scores: ScoreIndex;
      readonly untilMs: number;
      readonly ranking: Ranking;
    }
  >();
  const providers = options.providers.map(
    (provider): KeyedProvider => ({ provider, keySource: 'MANAGED', keyId: 'managed' }),
  );

  /** An organization's own key stands in place of the operator's for the same vendor. */
  const keyedFor = (own: readonly KeyedProvider[] | undefined): readonly KeyedProvider[] =>
    own === undefined || own.length === 0
      ? providers
      : [
          ...own,
          ...providers.filter(({ provider }) => !own.some((other) => other.provider.id === provider.id)),
        ];

  const evidenceOf = (modality: Modality, intent: RoutingIntent, providerId: string, modelId: string) =>
    findEvidence(scores, {
      modality,
      providerId,
      modelId,
      language: intent.language,
      region: intent.region,
    });

  const offersOf = (
    keyed: KeyedProvider,
    modality: ServedModality,
    intent: RoutingIntent,
  ): readonly Offer[] => {
    const { provider } = keyed;
    const models = modelsOf(provider, modality);
    if (models === undefined) return [];
    const listed = models.map(
      ({ id, languages }): Offer => ({
        keyed,
        modelId: id,
        languages,
        evidence: evidenceOf(modality, intent, provider.id, id),
      }),
    );
    // What the operator measured exists, whether or not the provider lists it.
    const measured = scores
      .models(modality)
      .filter(
        ({ providerId, modelId, byOperator }) =>
          byOperator && providerId === provider.id && !models.some(({ id }) => id === modelId),
      )
      .map(
        ({ modelId }): Offer => ({
          keyed,
          modelId,
          languages: ['*'],
          evidence: evidenceOf(modality, intent, provider.id, modelId),
        }),
      );
    return [...listed, ...measured];
  };

  const toCandidate = (offer: Offer, ranked?: Ranked): Candidate => ({
    providerId: offer.keyed.provider.id,
    modelId: offer.modelId,
    provider: offer.keyed.provider,
    keySource: offer.keyed.keySource,
    breakerId: `${offer.keyed.provider.id}:${offer.modelId} ${offer.keyed.keyId}`,
    score: ranked?.score ?? null,
    axes: ranked?.axes ?? null,
    evidence: offer.evidence === undefined ? null : offer.evidence,
  });

  /** Why an offer cannot be used; undefined when it can. */
  const reject = (offer: Offer, request: RankRequest): string | undefined => {
    const { modality, intent } = request;
    const { provider } = offer.keyed;
    const evidence = offer.evidence;
    if (
      !coversLanguage(offer.languages, intent.language) ||
      !speaks(provider, modality, offer.modelId, intent.language)
    ) {
      return `does not know the language ${intent.language}`;
    }
    const missing = (request.features ?? []).filter(
      (feature) => !provider.recognizer?.features?.includes(feature),
    );
    if (modality === 'stt' && missing.length > 0) return `cannot do ${missing.join(', ')}`;
    if ((request.denied?.length ?? 0) > 0 && isAllowed(request.denied, nameOf(offer)))
      return 'denied by the caller';
    if (request.maxPrice !== undefined) {
      const price = priceOf(modality, evidence?.row);
      if (price === null) return 'has no known price';
      if (price > request.maxPrice) return `costs ${round(price)}, more than ${request.maxPrice}`;
    }
    if (evidence === undefined) {
      if ((provider.kind ?? 'vendor') !== 'vendor') return undefined;
      if (options.allowUnmeasured || request.everything === true) return undefined;
      return 'not measured; import score rows, or run `visavox bench providers`';
    }
    return rejectionOf(evidence.row, rankOptions(request, evidence.row));
  };

  const rankOptions = (request: RankRequest, row: ScoreRow) => ({
    modality: request.modality,
    mode: row.mode,
    objective: request.intent.optimizeFor,
    allowProvisional: options.allowProvisional,
  });

  /** Measured models by score; then the operator's own servers; the built-in engines last, in their own order. */
  const order = (offers: readonly Offer[], request: RankRequest): Candidate[] => {
    const tiers: [Offer[], Offer[], Offer[]] = [[], [], []];
    for (const offer of offers) {
      const kind = offer.keyed.provider.kind ?? 'vendor';
      tiers[kind === 'built-in' ? 2 : offer.evidence === undefined ? 1 : 0].push(offer);
    }
    return tiers.flatMap((tier) => {
      const byRow = new Map(
        tier.flatMap((offer) => (offer.evidence === undefined ? [] : [[offer.evidence.row, offer]])),
      );
      const rows = [...byRow.keys()];
      const [first] = rows;
      const ranked: readonly Ranked[] = first === undefined ? [] : rank(rows, rankOptions(request, first));
      return [
        ...ranked.flatMap((one) => {
          const offer = byRow.get(one.row);
          return offer === undefined ? [] : [toCandidate(offer, one)];
        }),
        ...tier.filter(({ evidence }) => evidence === undefined).map((offer) => toCandidate(offer)),
      ];
    });
  };

  const rankAnew = (request: RankRequest): Ranking => {
    const { modality, intent } = request;
    const dropped: Dropped[] = [];
    const drop = (model: { providerId: string; modelId: string }, reason: string): void => {
      dropped.push({ modality, providerId: model.providerId, modelId: model.modelId, reason });
    };
    const keyed = keyedFor(request.own);
    const usable: Offer[] = [];
    const resting: Offer[] = [];
    for (const offer of keyed.flatMap((one) => offersOf(one, modality, intent))) {
      const name = nameOf(offer);
      if (!isAllowed(request.allowed, name)) {
        drop(name, 'not in the list of allowed providers');
        continue;
      }
      const reason = reject(offer, request);
      if (reason !== undefined) {
        drop(name, reason);
        continue;
      }
      const restsUntil = breakers.openUntil(toCandidate(offer).breakerId);
      if (restsUntil === undefined) usable.push(offer);
      else resting.push(offer);
    }
    for (const model of scores.models(modality)) {
      if (!keyed.some(({ provider }) => provider.id === model.providerId))
        drop(model, 'no key for this vendor');
    }
    // Nobody else left: trying one that failed lately is better than refusing.
    const found = usable.length > 0 ? usable : resting;
    const pool = request.everything === true ? found : withoutStandIns(found, request.allowed, drop);
    if (usable.length > 0) {
      for (const offer of resting) {
        const seconds = Math.max(
          1,
          Math.ceil(((breakers.openUntil(toCandidate(offer).breakerId) ?? 0) - now()) / 1000),
        );
        drop(nameOf(offer), `failed lately; left alone for ${seconds} s more`);
      }
    }
    return { candidates: order(pool, request), dropped, scoresRunId: scores.runId };
  };

  return {
    providers,
    get scores() {
      return scores;
    },
    setScores(snapshot) {
      scores = indexScores(snapshot);
    },
    rank(request) {
      const { own, ...rest } = request;
      const key = JSON.stringify(rest);
      const { version } = breakers;
      const known = remembered.get(key);
      if (
        known?.own === own &&
        known?.version === version &&
        known.scores === scores &&
        known.untilMs > now()
      ) {
        return known.ranking;
      }
      const ranking = rankAnew(request);
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(key, { own, version, scores, untilMs: now() + REMEMBER_MS, ranking });
      return ranking;
    },
    list: (modality, own) =>
      keyedFor(own).flatMap((keyed) =>
        (modelsOf(keyed.provider, modality) ?? []).map(({ id, languages }) => ({
          keyed,
          modelId: id,
          languages,
        })),
      ),
    resolve(modality, name, own) {
      const wanted = name.trim();
      const keyed = keyedFor(own).filter(({ provider }) => modelsOf(provider, modality) !== undefined);
      for (const { provider } of keyed) {
        if (wanted.toLowerCase() === provider.id) return { providerId: provider.id, modelId: undefined };
        const prefix = wanted.slice(0, provider.id.length + 1).toLowerCase();
        if (prefix === `${provider.id}:` || prefix === `${provider.id}/`) {
          return { providerId: provider.id, modelId: wanted.slice(provider.id.length + 1) };
        }
      }
      for (const { provider } of keyed) {
        const model = modelsOf(provider, modality)?.find(
          ({ id }) => id.toLowerCase() === wanted.toLowerCase(),
        );
        if (model !== undefined) return { providerId: provider.id, modelId: model.id };
      }
      return undefined;
    },
    pin(request) {
      const { providerId, modelId, modality, intent } = request;
      const keyed = keyedFor(request.own).find(({ provider }) => provider.id === providerId);
      if (keyed === undefined) return undefined;
      const models = modelsOf(keyed.provider, modality);
      if (models === undefined) return undefined;
      const offers = offersOf(keyed, modality, intent);
      const offer =
        modelId === undefined
          ? offers[0]
          : offers.find((one) => one.modelId.toLowerCase() === modelId.toLowerCase());
      if (offer !== undefined) return toCandidate(offer);
      // A vendor may have more models than it is known for.
      return modelId === undefined || keyed.provider.kind === 'built-in'
        ? undefined
        : toCandidate({ keyed, modelId, languages: ['*'], evidence: undefined });
    },
  };
}

/**
 * What a model costs in US dollars: STT for a minute, LLM for a million tokens, TTS for a million characters. Null when
 * it is not known.
 */
export function priceOf(modality: Modality, row: ScoreRow | undefined): number | null {
  if (row === undefined || row.usdPerMinute === null) return null;
  switch (modality) {
    case 'tts':
      return (row.usdPerMinute * 1_000_000) / CHARACTERS_PER_MINUTE;
    case 'llm':
      return (row.usdPerMinute * 1_000_000) / (TOKENS_PER_MINUTE.input + TOKENS_PER_MINUTE.output);
    default:
      return row.usdPerMinute;
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

function nameOf(offer: Offer): { readonly providerId: string; readonly modelId: string } {
  return { providerId: offer.keyed.provider.id, modelId: offer.modelId };
}

/**
 * Built-in engines stand in where nothing else is there. Behind a real one they would turn its outage into nonsense, so
 * there they are used only when the caller names them.
 */
function withoutStandIns(
  offers: readonly Offer[],
  allowed: readonly string[] | undefined,
  drop: (model: { readonly providerId: string; readonly modelId: string }, reason: string) => void,
): readonly Offer[] {
  const isBuiltIn = (offer: Offer) => offer.keyed.provider.kind === 'built-in';
  if (offers.every(isBuiltIn) || (allowed?.length ?? 0) > 0) return offers;
  for (const offer of offers.filter(isBuiltIn))
    drop(nameOf(offer), 'stands in only where nothing else is there');
  return offers.filter((offer) => !isBuiltIn(offer));
}

/** Undefined when the provider does not serve the modality. */
function modelsOf(
  provider: Provider,
  modality: ServedModality,
): readonly { readonly id: string; readonly languages: readonly string[] }[] | undefined {
  switch (modality) {
    case 'llm':
      return provider.languageModels?.models.map(({ id }) => ({ id, languages: ['*'] }));
    case 'stt':
      return (
        provider.recognizer &&
        (provider.recognizer.models ?? [{ id: 'default', languages: provider.recognizer.languages }])
      );
    case 'tts':
      return provider.synthesizer && (provider.synthesizer.models ?? NO_MODELS);
  }
}

/** A synthesizer that knows its voices needs one for the language. */
function speaks(provider: Provider, modality: ServedModality, modelId: string, language: string): boolean {
  const synthesizer = modality === 'tts' ? provider.synthesizer : undefined;
  if (synthesizer === undefined || synthesizer.voices.length === 0) return true;
  return voicesOf(synthesizer.voices, modelId).some(({ languages }) => coversLanguage(languages, language));
}

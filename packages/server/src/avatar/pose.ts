/** What the face shows in one frame. A pose says nothing about time, speech or pixels. */

/** Consonant mouths that the jaw and lip axes cannot express; every avatar pack has a picture of each. */
export const MOUTH_SHAPES = ['PP', 'PW', 'FF', 'TH', 'TD', 'LL', 'CH'] as const;

/** `PP` closed lips, `PW` closed rounded lips, `FF` lip on teeth, `TH`/`TD`/`LL` tongue places, `CH` funnel. */
export type MouthShape = (typeof MOUTH_SHAPES)[number];

/** A consonant mouth and how much of it is seen, 0 – 1. */
export interface ShapeWeight {
  readonly shape: MouthShape;
  readonly weight: number;
}

/** One frame of face and head. All zero is the resting face of the pack. */
export interface Pose {
  /** Head turn to the viewer's right, degrees; useful range ±3. */
  readonly yawDeg: number;
  /** Head nod, positive down, degrees; useful range ±3. */
  readonly pitchDeg: number;
  /** Head tilt, degrees; useful range ±3. */
  readonly rollDeg: number;
  /** Chest, 0 breathed out – 1 breathed in. */
  readonly breath: number;
  /** Brows, −0.5 drawn down – 1 raised. */
  readonly browRaise: number;
  /** Added smile at the mouth corners, −0.5 – 1. */
  readonly smile: number;
  /** Eyes to the viewer's right, degrees; limited to what the pack holds. */
  readonly gazeXDeg: number;
  /** Eyes down, degrees; limited to what the pack holds. */
  readonly gazeYDeg: number;
  /** Eyelids, 0 open – 1 shut. */
  readonly lidClosure: number;
  /** Jaw, 0 shut – 1 widest. */
  readonly jaw: number;
  /** Lips, −1 spread – 0 neutral – 1 puckered. */
  readonly lip: number;
  /** Up to two consonant mouths laid over jaw and lip, in this order. */
  readonly shapes: readonly ShapeWeight[];
}

/** The resting face. */
export const REST_POSE: Pose = Object.freeze({
  yawDeg: 0,
  pitchDeg: 0,
  rollDeg: 0,
  breath: 0,
  browRaise: 0,
  smile: 0,
  gazeXDeg: 0,
  gazeYDeg: 0,
  lidClosure: 0,
  jaw: 0,
  lip: 0,
  shapes: Object.freeze([]),
});

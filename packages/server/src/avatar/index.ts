/** The AI human's picture: avatar packs, stages that draw them, and the face's behaviour over time. */
export type { BackgroundPicture } from './backdrop.ts';
export { IDLE_LOOP_FRAMES, idlePose } from './idle.ts';
export type { Placement } from './layout.ts';
export type { AvatarPack, AvatarPackManifest } from './pack.ts';
export { AVATAR_PACK_VERSION, loadAvatarPack } from './pack.ts';
export type { Performer, SpokenVisemes } from './performer.ts';
export { createPerformer } from './performer.ts';
export type { MouthShape, Pose, ShapeWeight } from './pose.ts';
export { MOUTH_SHAPES, REST_POSE } from './pose.ts';
export type { PreparedStage, Stage, StageOptions } from './stage.ts';
export { createStage, openStage, prepareStage, stageKey } from './stage.ts';
export { visemesFromAudio } from './visemes-from-audio.ts';

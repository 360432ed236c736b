/**
 * Names of properties that never leave the package, shortened in the script builds. A name may stand here only when no
 * page, no server and no browser knows a property of that name: not when it is part of the public interface, of a body
 * that travels, or of a browser object that this package touches. Left out is what has no long name anyway.
 */
export const privateNames: readonly string[] = [
  // Sessions.
  ...['address', 'clearsAfterTurn', 'closing', 'createRecorder', 'epoch', 'forgetSpeech'],
  ...['generation', 'history', 'receive', 'recording', 'requireConnection', 'showsLateSpeech'],
  ...['speak', 'speechEpoch', 'speechOrdered', 'speechTimer', 'startHeartbeat', 'states'],
  ...['stopHeartbeat', 'sttCallback', 'timings', 'turns', 'videos'],
  // What sessions are made of.
  ...['addAssistantText', 'begin', 'cancelled', 'discard', 'emit', 'extend', 'follow'],
  ...['forget', 'heard', 'isActive', 'isUnderWay', 'onAutoStopFailure', 'openLocalAudio'],
  ...['ordered', 'session', 'starting', 'subscribe', 'update', 'watchTurn'],
  // Turns.
  ...['clean', 'cleanAnswer', 'describeToolFailure', 'fetchFunction', 'needsFollowUp'],
  ...['received'],
  // Connections.
  ...['attempt', 'createPeerConnection', 'exchange', 'graceMs', 'hasPicture', 'link'],
  ...['localAudio', 'localStream', 'mark', 'onFrame', 'onLost', 'onSteady'],
  ...['pingSilenceLimitMs', 'prepareVideo', 'recoveryWindowMs', 'release', 'remoteStream'],
  ...['steady', 'windowMs'],
  // Sound and requests.
  ...['noMcpServers', 'onCall', 'sampleRateHz', 'samples'],
];

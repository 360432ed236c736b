/** The picture codec of the first generation. */

/** Lets the offer name VP8 as the only picture codec, where the browser can be told so. */
export function preferVp8(video: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities?.('video')?.codecs ?? [];
  const vp8 = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === 'video/vp8');
  if (vp8.length > 0) video.setCodecPreferences?.(vp8);
}

/** From calling `createSession` with the id of an existing session to the first painted picture. */
import type { Measurement } from './bench.ts';
import { rowOf } from './table.ts';
import type { ConnectSteps } from './visitor.ts';

const SIZE = { widthPx: 720, heightPx: 1280 };

export const measureConnect: Measurement = async (bench) => {
  const platform = await bench.startPlatform({ vendor: 'bursts' });
  const steps: ConnectSteps[] = [];
  for (let run = 0; run < 21; run += 1) {
    // A page of its own for each, as each visitor has.
    const visitor = await bench.openVisitor(platform);
    steps.push(await visitor.connect('a', SIZE));
    await visitor.stop('a');
    await visitor.close();
  }
  // A size that no session has yet: the picture is prepared anew while the first one is sent.
  const unknownSize: ConnectSteps[] = [];
  for (let run = 0; run < (bench.quick ? 5 : 10); run += 1) {
    const visitor = await bench.openVisitor(platform);
    unknownSize.push(await visitor.connect('a', { widthPx: 400 + 10 * run, heightPx: 700 }));
    await visitor.stop('a');
    await visitor.close();
  }
  const between = (from: keyof ConnectSteps, to: keyof ConnectSteps) =>
    steps.map((entry) => entry[to] - entry[from]);
  return [
    rowOf(
      'createSession → first picture',
      'ms',
      steps.map(({ firstPictureMs }) => firstPictureMs),
      { text: 'p95 ≤ 1000', holds: ({ p95 }) => p95 <= 1000 },
    ),
    rowOf(
      '· session info',
      'ms',
      steps.map(({ sessionInfoMs }) => sessionInfoMs),
    ),
    rowOf('· ICE servers', 'ms', between('sessionInfoMs', 'iceServersMs')),
    rowOf('· offer made by the browser', 'ms', between('iceServersMs', 'offerMs')),
    rowOf('· exchange', 'ms', between('offerMs', 'exchangeMs')),
    rowOf('· ICE and DTLS', 'ms', between('exchangeMs', 'connectedMs')),
    rowOf('· command channel open', 'ms', between('connectedMs', 'channelOpenMs')),
    rowOf('· SDK notices (polls each 100 ms)', 'ms', between('channelOpenMs', 'readyMs')),
    rowOf('· first picture', 'ms', between('readyMs', 'firstPictureMs')),
    rowOf(
      '· in a size not used before',
      'ms',
      unknownSize.map(({ firstPictureMs }) => firstPictureMs),
    ),
  ];
};

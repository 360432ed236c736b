/** A visitor's page in Chromium with the SDK from another origin, driven through `page/probe.js`. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { CustomerSite } from '../../e2e/src/pages.ts';
import type { Platform } from './platform.ts';

const PROBE = fileURLToPath(new URL('../page/probe.js', import.meta.url));

export interface SizePx {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** When each step of connecting was done, in milliseconds after the call of `createSession`. */
export interface ConnectSteps {
  readonly sessionInfoMs: number;
  readonly iceServersMs: number;
  /** The browser has made its offer. */
  readonly offerMs: number;
  readonly exchangeMs: number;
  /** ICE and DTLS are through. */
  readonly connectedMs: number;
  readonly channelOpenMs: number;
  /** `createSession` has resolved. */
  readonly readyMs: number;
  readonly firstPictureMs: number;
}

export interface Picture {
  /** When the browser expects it on the screen. */
  readonly displayMs: number;
  /** Its time on the sender's clock. */
  readonly mediaMs: number;
  /** Pictures presented so far, also those that the page was too late to see. */
  readonly presented: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Mean luminance of the watched region, 0 – 255. */
  readonly light: number;
}

export interface Observed {
  readonly pictures: readonly Picture[];
  /** Sounds after silence, at the time they are heard. */
  readonly onsets: readonly { readonly atMs: number }[];
}

/** The parts of `getStats` that are looked at. */
export interface InboundStats {
  readonly video: {
    readonly framesDecoded: number;
    readonly framesReceived: number;
    readonly framesDropped: number;
    readonly freezeCount: number;
    readonly frameWidth?: number;
    readonly frameHeight?: number;
    readonly qpSum: number;
    readonly bytesReceived: number;
    readonly keyFramesDecoded: number;
  };
  readonly audio: {
    readonly totalSamplesReceived: number;
    readonly concealedSamples: number;
    readonly silentConcealedSamples: number;
    readonly jitterBufferDelay: number;
    readonly jitterBufferEmittedCount: number;
  };
}

export interface AnswerSteps {
  readonly soundMs: number;
  readonly llmLineMs?: number;
  readonly stfMs?: number;
}

/** The inside of the mouth of `yuri-front_natural` in default placement, in a picture of 9:16. */
export const MOUTH = { x: 0.435, y: 0.456, width: 0.13, height: 0.036 };

export class Visitor {
  readonly #page: Page;
  readonly #platform: Platform;

  constructor(page: Page, platform: Platform) {
    this.#page = page;
    this.#platform = platform;
  }

  /** Connects a session, shown in an element of its own. Resolves at the first painted picture. */
  async connect(name: string, size: SizePx): Promise<ConnectSteps> {
    const sessionId = await this.#platform.createSession();
    const marks = await this.#call<Readonly<Record<string, number>>>('connect', {
      name,
      sessionId,
      apiServer: this.#platform.url,
      ...size,
    });
    const at = (step: string) => (marks[step] ?? Number.NaN) - (marks['start'] ?? Number.NaN);
    return {
      sessionInfoMs: at('sessionInfo'),
      iceServersMs: at('iceServers'),
      offerMs: at('offer'),
      exchangeMs: at('exchange'),
      connectedMs: at('connected'),
      channelOpenMs: at('channelOpen'),
      readyMs: at('ready'),
      firstPictureMs: at('firstPicture'),
    };
  }

  watch(name: string, region?: typeof MOUTH): Promise<void> {
    return this.#call('watch', { name, region });
  }

  unwatch(name: string): Promise<void> {
    return this.#call('unwatch', { name });
  }

  collect(name: string): Promise<Observed> {
    return this.#call('collect', { name });
  }

  ask(name: string, text: string): Promise<AnswerSteps> {
    return this.#call('ask', { name, text });
  }

  say(name: string, text: string): Promise<void> {
    return this.#call('say', { name, text });
  }

  clear(name: string): Promise<void> {
    return this.#call('clear', { name });
  }

  resize(name: string, size: SizePx): Promise<void> {
    return this.#call('resize', { name, ...size });
  }

  stats(name: string): Promise<InboundStats> {
    return this.#call('stats', { name });
  }

  stop(name: string): Promise<void> {
    return this.#call('stop', { name });
  }

  close(): Promise<void> {
    return this.#page.close();
  }

  /** Arguments and results are JSON; the result has the shape that page/probe.js gives it. */
  #call<Result>(method: string, argument: object): Promise<Result> {
    return this.#page.evaluate<Result>(`probe.${method}(${JSON.stringify(argument)})`);
  }
}

export async function openVisitor(
  browser: Browser,
  site: CustomerSite,
  platform: Platform,
): Promise<Visitor> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => process.stderr.write(`page: ${error.message}\n`));
  await page.addInitScript({ path: PROBE });
  await page.goto(site.url);
  return new Visitor(page, platform);
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

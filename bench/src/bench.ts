/** What every measurement gets. */
import type { Browser } from 'playwright-core';
import type { CustomerSite } from '../../e2e/src/pages.ts';
import type { Platform, PlatformOptions } from './platform.ts';
import type { Row } from './table.ts';
import type { Visitor } from './visitor.ts';

export interface Bench {
  /** Shorter, for a look in between; the figures are then rougher. */
  readonly quick: boolean;
  readonly browser: Browser;
  readonly site: CustomerSite;
  /** Started for this measurement and closed after it. */
  startPlatform(options: PlatformOptions): Promise<Platform>;
  openVisitor(platform: Platform): Promise<Visitor>;
}

export type Measurement = (bench: Bench) => Promise<readonly Row[]>;

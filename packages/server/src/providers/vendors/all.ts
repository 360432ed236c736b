/** Every vendor that can be reached with a key. Adding one is its file, and a line here. */
import type { Vendor } from './vendor.ts';

export const VENDORS: readonly Vendor[] = [];

export function findVendor(id: string): Vendor | undefined {
  return VENDORS.find((vendor) => vendor.id === id);
}

import { expect, test } from 'vitest';
import type { Provider } from '../providers/provider.ts';
import type { VendorKeyRow } from '../store/store.ts';
import { openVendorKeys } from './vendor-keys.ts';

const row = (organizationId: string, vendorId: string, sealedKey: string): VendorKeyRow => ({
  organizationId,
  vendorId,
  sealedKey,
  updatedAt: new Date(sealedKey.length),
});

async function setUp(rows: VendorKeyRow[]) {
  const opened: string[] = [];
  const closed: string[] = [];
  const unreadable: string[] = [];
  const keys = await openVendorKeys({
    list: async () => [...rows],
    unseal: (sealed) => (sealed.startsWith('sealed ') ? sealed.slice(7) : undefined),
    open: (vendorId, apiKey): Provider | undefined => {
      if (vendorId === 'unknown') return undefined;
      const name = `${vendorId} ${apiKey}`;
      opened.push(name);
      return { id: vendorId, displayName: name, close: async () => void closed.push(name) };
    },
    onUnreadable: ({ vendorId }) => unreadable.push(vendorId),
    onError: () => {},
  });
  const names = (organizationId: string) =>
    keys.of(organizationId).map(({ provider }) => provider.displayName);
  return { keys, rows, opened, closed, unreadable, names };
}

test('each organization sees its own keys only', async () => {
  const { keys, names } = await setUp([
    row('a', 'openai', 'sealed 1'),
    row('b', 'openai', 'sealed 2'),
    row('b', 'xai', 'sealed 3'),
  ]);
  expect([names('a'), names('b'), names('c')]).toEqual([['openai 1'], ['openai 2', 'xai 3'], []]);
  const ids = [...keys.of('a'), ...keys.of('b')].map(({ keyId }) => keyId);
  expect(ids.join()).not.toMatch(/sealed/);
  await keys.close();
});

test('a change opens what is new, closes what is gone and keeps the rest', async () => {
  const { keys, rows, opened, closed, names } = await setUp([
    row('a', 'openai', 'sealed 1'),
    row('a', 'xai', 'sealed 2'),
  ]);
  rows.splice(0, 2, row('a', 'openai', 'sealed 9'), row('a', 'xai', 'sealed 2'));
  await keys.reload();
  expect([names('a'), opened, closed]).toEqual([
    ['openai 9', 'xai 2'],
    ['openai 1', 'xai 2', 'openai 9'],
    ['openai 1'],
  ]);
  await keys.close();
  await keys.close();
  expect(closed).toEqual(['openai 1', 'openai 9', 'xai 2']);
});

test('keys that cannot be read, or of vendors nobody knows, are told and left out', async () => {
  const { keys, names, unreadable } = await setUp([
    row('a', 'openai', 'garbage'),
    row('a', 'unknown', 'sealed 1'),
  ]);
  expect([names('a'), unreadable]).toEqual([[], ['openai', 'unknown']]);
  await keys.close();
});

/** What a request refers to: it must exist, and be its organization's to use. */
import { PlatformError } from '@visavox/contract';
import type { ResourceTable } from '../store/store.ts';

export interface References {
  /** A catalogue name, where one is given. @throws {PlatformError} `does_not_exist`. */
  requireName(
    attr: string,
    label: string,
    name: string | null | undefined,
    entries: readonly { readonly name: string }[],
  ): void;
  /**
   * The resource of an id, where one is given.
   * @throws {PlatformError} `does_not_exist`, or `not_in_organization` when it is neither owned nor lent.
   */
  requireUsable<Row>(
    attr: string,
    label: string,
    table: Pick<ResourceTable<Row, never>, 'findFor'>,
    id: string | null | undefined,
  ): Promise<Row | undefined>;
}

export function createReferences(
  organizationId: string,
  /** The organization as the reader of an error knows it. */
  organization: 'your organization' | 'the organization',
): References {
  const missing = (attr: string, label: string, value: string): PlatformError =>
    new PlatformError('does_not_exist', `${label} ${value} does not exist.`, { attr });
  return {
    requireName(attr, label, name, entries) {
      if (name === null || name === undefined || entries.some((entry) => entry.name === name)) return;
      throw missing(attr, label, name);
    },
    async requireUsable(attr, label, table, id) {
      if (id === null || id === undefined) return undefined;
      const found = await table.findFor(organizationId, id);
      if (found === undefined) throw missing(attr, label, id);
      if (found.usable) return found.row;
      throw new PlatformError('not_in_organization', `${label} ${id} is not assigned to ${organization}.`, {
        attr,
      });
    },
  };
}

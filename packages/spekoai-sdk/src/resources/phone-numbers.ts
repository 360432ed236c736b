/** Phone numbers of the organization. */

import { path, type Transport } from '../transport.ts';
import type {
  AvailablePhoneNumber,
  PhoneNumberCreateParams,
  PhoneNumberImportSipTrunkParams,
  PhoneNumberKybDraftParams,
  PhoneNumberKybOverview,
  PhoneNumberKybSubmitParams,
  PhoneNumberRow,
  PhoneNumberSearchParams,
  PhoneNumberUpdateParams,
} from '../types/phone-numbers.ts';

export interface PhoneNumbers {
  list(signal?: AbortSignal): Promise<PhoneNumberRow[]>;
  /** Looks for numbers to buy. */
  searchAvailable(params?: PhoneNumberSearchParams, signal?: AbortSignal): Promise<AvailablePhoneNumber[]>;
  get(id: string, signal?: AbortSignal): Promise<PhoneNumberRow>;
  /** Buys a number. */
  create(params: PhoneNumberCreateParams, signal?: AbortSignal): Promise<PhoneNumberRow>;
  /** Adds a number that a SIP trunk of your own has. */
  importSipTrunk(params: PhoneNumberImportSipTrunkParams, signal?: AbortSignal): Promise<PhoneNumberRow>;
  /** Changes what `params` has; `null` clears. */
  update(id: string, params: PhoneNumberUpdateParams, signal?: AbortSignal): Promise<PhoneNumberRow>;
  /** Gives a number up. */
  delete(id: string, signal?: AbortSignal): Promise<{ released: boolean }>;
  /** Tells how far the papers are that buying numbers needs. */
  getKyb(signal?: AbortSignal): Promise<PhoneNumberKybOverview>;
  saveKybDraft(params: PhoneNumberKybDraftParams, signal?: AbortSignal): Promise<PhoneNumberKybOverview>;
  submitKyb(params: PhoneNumberKybSubmitParams, signal?: AbortSignal): Promise<PhoneNumberKybOverview>;
}

export function createPhoneNumbers(transport: Transport): PhoneNumbers {
  const root = '/v1/phone-numbers';
  return {
    list: (signal) => transport.fetchJson('GET', root, { signal }),
    searchAvailable: ({ areaCode, locality, limit } = {}, signal) =>
      transport.fetchJson('GET', `${root}/available`, { query: { areaCode, locality, limit }, signal }),
    get: (id, signal) => transport.fetchJson('GET', path`/v1/phone-numbers/${id}`, { signal }),
    create: (body, signal) => transport.fetchJson('POST', root, { body, signal }),
    importSipTrunk: (body, signal) => transport.fetchJson('POST', `${root}/import`, { body, signal }),
    update: (id, body, signal) =>
      transport.fetchJson('PATCH', path`/v1/phone-numbers/${id}`, { body, signal }),
    delete: (id, signal) => transport.fetchJson('DELETE', path`/v1/phone-numbers/${id}`, { signal }),
    getKyb: (signal) => transport.fetchJson('GET', `${root}/kyb`, { signal }),
    saveKybDraft: (body, signal) => transport.fetchJson('PUT', `${root}/kyb/draft`, { body, signal }),
    submitKyb: (body, signal) => transport.fetchJson('POST', `${root}/kyb/submit`, { body, signal }),
  };
}

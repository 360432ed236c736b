/** Headers of every answer, errors and streams included. */

/** Browsers call the API cross-origin. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'PersoLive-APIKey, PersoPlatform-APIKey, Authorization, Content-Type',
  'Access-Control-Expose-Headers': 'Retry-After, ETag',
  'Access-Control-Max-Age': '86400',
};

export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  ...CORS_HEADERS,
  'X-Content-Type-Options': 'nosniff',
};

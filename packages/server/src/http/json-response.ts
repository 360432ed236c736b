/** `Response.json` with plain headers: the server's adapter sends those as they are, without a copy and its checks. */
export function jsonResponse(body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json', ...headers } });
}

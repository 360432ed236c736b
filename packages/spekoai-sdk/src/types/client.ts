/** Options of the client. */

/** Options of `new Speko`. */
export interface SpekoClientOptions {
  /** Key of the organization. */
  apiKey: string;
  /** Address of the gateway, for example of your own Visavox server. Default: `https://api.speko.dev`. */
  baseUrl?: string | undefined;
  /** The same; `baseUrl` wins. */
  baseURL?: string | undefined;
  /** How long a call may take, in milliseconds, its streamed answer included. Default: 30 000; `Infinity` for no end. */
  timeout?: number | undefined;
}

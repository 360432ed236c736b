/** Client tools: functions of the page that the LLM may call. */

/**
 * A function of the page that the LLM may call, with what the LLM needs to know about it.
 *
 * `TArg` is the type of the argument object the LLM supplies, `TResult` that of the result object.
 *
 * @example
 * ```ts source="./chat-tool.examples.ts#weather"
 * const tool = new ChatTool(
 *   'get_current_weather',
 *   'Tells the current temperature of a place, in degrees Celsius',
 *   {
 *     type: 'object',
 *     properties: { location: { type: 'string', description: "City and country, e.g. 'Seoul, KR'" } },
 *     required: ['location'],
 *   },
 *   async ({ location }: { location: string }) => ({ temperature: await readThermometer(location) }),
 * );
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: the documented default; tools with different arguments share one array.
export class ChatTool<TArg = any, TResult extends object = object> {
  /** Name the LLM calls; unique among client tools and remote MCP tools. */
  name: string;
  /** What the tool does and when to use it. Written for the LLM, so be clear. */
  description: string;
  /** The argument object, as JSON Schema. */
  parameters: object;
  /** Does the work and returns the result for the LLM. */
  call: (arg: TArg) => TResult | Promise<TResult>;
  /**
   * `true` when the LLM need not answer after the tool ran. Ignored when another tool of the same request needs an
   * answer. Default: `false`.
   */
  executeOnly: boolean;

  constructor(
    name: string,
    description: string,
    parameters: object,
    call: (arg: TArg) => TResult | Promise<TResult>,
    executeOnly = false,
  ) {
    this.name = name;
    this.description = description;
    this.parameters = parameters;
    this.call = call;
    this.executeOnly = executeOnly;
  }
}

/** Checks what a client says about the arguments of its tool: a JSON Schema of an object. */
import { Ajv, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

const OPTIONS: Options = { strict: false, logger: false, validateFormats: false, addUsedSchema: false };
const MAX_BYTES = 64 * 1024;

/** Says what is wrong, for the person who wrote it; undefined when nothing is. */
export function findParametersProblem(parameters: Readonly<Record<string, unknown>>): string | undefined {
  const { $schema, ...schema } = parameters;
  if (JSON.stringify(schema).length > MAX_BYTES)
    return `A JSON Schema may have ${MAX_BYTES / 1024} KiB at most.`;
  if (schema['type'] !== undefined && schema['type'] !== 'object') {
    return 'Expected the JSON Schema of an object: {"type":"object","properties":{…}}.';
  }
  const isNew = typeof $schema === 'string' && /2019-09|2020-12/.test($schema);
  try {
    // A new one each time: what one client names must not be seen by another.
    const ajv = isNew ? new Ajv2020(OPTIONS) : new Ajv(OPTIONS);
    ajv.compile(schema);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^schema is invalid: data/, 'schema') : '';
    return `This is not a valid JSON Schema: ${reason.slice(0, 300)}`;
  }
}

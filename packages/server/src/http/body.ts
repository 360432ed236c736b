/** Reads and validates request bodies: bounded, lenient about what the contract tolerates, precise in its errors. */
import { type ErrorCode, type ErrorItem, PlatformError } from '@visavox/contract';
import type { z } from 'zod';

/** Far above what any request needs, far below what overflows a stack. */
const MAX_NESTING = 100;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws {PlatformError} `payload_too_large` as soon as the limit is passed. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () =>
    new PlatformError('payload_too_large', `The body may have ${maxBytes} bytes at most.`);
  const announced = request.headers.get('content-length');
  if (Number(announced ?? 0) > maxBytes) throw tooLarge();
  if (announced !== null && /^\d+$/.test(announced)) {
    // HTTP lets no more in than was announced, and the whole is read faster than its pieces.
    const whole = new Uint8Array(await request.arrayBuffer());
    if (whole.length > maxBytes) throw tooLarge();
    return whole;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (request.body !== null) {
    const reader = request.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > maxBytes) {
        await reader.cancel();
        throw tooLarge();
      }
      chunks.push(value);
    }
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Reads a JSON body of any content type. @throws {PlatformError} `parse_error`, or the first validation problems. */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<{ readonly value: z.output<Schema>; readonly raw: unknown }> {
  const bytes = await readBytes(request, maxBytes);
  let raw: unknown;
  try {
    raw = JSON.parse(UTF8.decode(bytes));
  } catch {
    throw new PlatformError('parse_error', 'The body must be valid JSON in UTF-8.');
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new PlatformError('invalid', 'The body must be a JSON object.');
  }
  checkBounds(raw);
  return { value: validate(schema, raw), raw };
}

/** Walks without recursion, since the depth is what is checked. No database keeps NUL characters in text. */
function checkBounds(raw: object): void {
  for (const [attr, field] of Object.entries(raw)) {
    const open: { readonly value: unknown; readonly depth: number }[] = [{ value: field, depth: 1 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { value, depth } = next;
      if (depth > MAX_NESTING) {
        throw new PlatformError('invalid', `This field may be nested ${MAX_NESTING} levels deep at most.`, {
          attr,
        });
      }
      const texts = typeof value === 'string' ? [value] : [];
      if (typeof value === 'object' && value !== null) {
        if (!Array.isArray(value)) texts.push(...Object.keys(value));
        for (const child of Object.values(value)) open.push({ value: child, depth: depth + 1 });
      }
      if (texts.some((text) => text.includes('\0'))) {
        throw new PlatformError('invalid', 'Null characters are not allowed.', { attr });
      }
    }
  }
}

/** @throws {PlatformError} `unsupported_media_type` or `parse_error`. */
export async function readForm(request: Request, maxBytes: number): Promise<FormData> {
  const contentType = request.headers.get('content-type') ?? '';
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) {
    throw new PlatformError('unsupported_media_type', 'The body must be multipart/form-data.');
  }
  const bytes = await readBytes(request, maxBytes);
  try {
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new PlatformError('parse_error', 'The body is not a complete multipart form.');
  }
}

export function validate<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [first, ...more] = parsed.error.issues.slice(0, 10).map((issue) => toErrorItem(issue, raw));
  if (first === undefined) throw new PlatformError('invalid', 'The body is not valid.');
  throw new PlatformError(first.code, first.detail, {
    more,
    ...(first.attr === null ? {} : { attr: first.attr }),
  });
}

function toErrorItem(issue: z.core.$ZodIssue, raw: unknown): ErrorItem {
  const attr = issue.path.length === 0 ? null : issue.path.map(String).join('.');
  const [code, detail] = describe(issue, valueAt(raw, issue.path));
  return { code, detail, attr };
}

function describe(issue: z.core.$ZodIssue, value: unknown): readonly [ErrorCode, string] {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return ['required', 'This field is required.'];
      if (value === null) return ['null', 'This field may not be null.'];
      return ['invalid', `Expected ${issue.expected}, but ${kindOf(value)} came.`];
    case 'too_big':
      return issue.origin === 'number'
        ? ['max_value', `Ensure this value is less than or equal to ${issue.maximum}.`]
        : ['max_length', `Ensure this field has no more than ${issue.maximum} ${unitOf(issue.origin)}.`];
    case 'too_small':
      if (issue.origin === 'number') {
        return ['min_value', `Ensure this value is greater than or equal to ${issue.minimum}.`];
      }
      return ['blank', 'This field may not be blank.'];
    case 'invalid_value':
      if (value === undefined) return ['required', 'This field is required.'];
      return [
        'invalid_choice',
        `Expected one of ${issue.values.map((choice) => JSON.stringify(choice)).join(', ')}.`,
      ];
    case 'unrecognized_keys':
      return ['invalid', `Not known here: ${issue.keys.slice(0, 10).join(', ')}.`];
    default:
      // Messages of the schemas say what was expected; those of the library are not for people.
      return ['invalid', /^Expected /.test(issue.message) ? issue.message : 'This field is not valid.'];
  }
}

function unitOf(origin: string): string {
  return origin === 'string' ? 'characters' : 'entries';
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    // Any own property of parsed JSON may be looked at.
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

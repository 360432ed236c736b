/** A readable page of an OpenAPI document: no script, no foreign host. */
import type { OpenApiDocument, OpenApiOperation } from '@visavox/contract';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);

export function renderDocsPage(document: OpenApiDocument, jsonPath: string): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  const sections = tags
    .map(
      (tag) =>
        `<h2 id="${escapeHtml(tag)}">${escapeHtml(tag)}</h2>${operations
          .filter(({ operation }) => operation.tags.includes(tag))
          .map(({ path, method, operation }) => renderOperation(path, method, operation))
          .join('')}`,
    )
    .join('');
  const schemas = Object.entries(Object(document.components['schemas']))
    .map(
      ([name, schema]) =>
        `<details id="schema-${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>${renderSchema(schema)}</details>`,
    )
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(document.info.title)}</title><style>${STYLE}</style></head><body><header><h1>${escapeHtml(document.info.title)}</h1>
<p>${escapeHtml(document.info.description)}</p><p>Machine-readable: <a href="${escapeHtml(jsonPath)}">${escapeHtml(jsonPath)}</a> · Server: <code>${escapeHtml(document.servers[0]?.url ?? '')}</code></p>
<nav>${tags.map((tag) => `<a href="#${escapeHtml(tag)}">${escapeHtml(tag)}</a>`).join(' ')} <a href="#schemas">Schemas</a></nav></header>
<main>${sections}<h2 id="schemas">Schemas</h2>${schemas}</main></body></html>`;
}

function renderOperation(path: string, method: string, operation: OpenApiOperation): string {
  const parameters = operation.parameters
    .map(
      (parameter) =>
        `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${escapeHtml(parameter.in)}</td><td>${escapeHtml(parameter.description ?? '')}</td></tr>`,
    )
    .join('');
  const responses = Object.entries(operation.responses)
    .map(
      ([status, response]) =>
        `<tr><td><code>${escapeHtml(status)}</code></td><td>${escapeHtml(response.description)}</td><td>${renderContent(response.content)}</td></tr>`,
    )
    .join('');
  const body = Object(operation.requestBody).content;
  return `<details class="operation"><summary><b class="${escapeHtml(method)}">${escapeHtml(method.toUpperCase())}</b> <code>${escapeHtml(path)}</code> <span>${escapeHtml(operation.summary)}</span></summary>
${operation.description === undefined ? '' : `<p>${escapeHtml(operation.description)}</p>`}
<p>${operation.security.length > 0 ? 'Needs an API key: header <code>PersoLive-APIKey</code> or <code>Authorization: Bearer</code>.' : 'No key: knowing the session id suffices.'}</p>
${parameters === '' ? '' : `<h4>Parameters</h4><table>${parameters}</table>`}
${body === undefined ? '' : `<h4>Body</h4>${renderContent(body)}`}
<h4>Responses</h4><table>${responses}</table></details>`;
}

function renderContent(content: unknown): string {
  return Object.entries(Object(content))
    .map(([type, media]) => `<code>${escapeHtml(type)}</code> ${renderType(Object(media).schema)}`)
    .join('<br>');
}

function renderType(schema: unknown): string {
  const { $ref, type, items, anyOf, enum: choices, const: constant } = Object(schema);
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${escapeHtml(name)}">${escapeHtml(name)}</a>`;
  }
  if (Array.isArray(anyOf)) return anyOf.map(renderType).join(' or ');
  if (Array.isArray(choices))
    return choices.map((choice) => `<code>${escapeHtml(JSON.stringify(choice))}</code>`).join(' ');
  if (constant !== undefined) return `<code>${escapeHtml(JSON.stringify(constant))}</code>`;
  if (type === 'array') return `array of ${renderType(items)}`;
  return escapeHtml(typeof type === 'string' ? type : 'any');
}

function renderSchema(schema: unknown): string {
  const { properties, required } = Object(schema);
  const needed = new Set(Array.isArray(required) ? required : []);
  if (properties === undefined) return `<p>${renderType(schema)}</p>`;
  return `<table>${Object.entries(Object(properties))
    .map(
      ([name, property]) =>
        `<tr><td><code>${escapeHtml(name)}</code>${needed.has(name) ? '' : ' <i>optional</i>'}</td><td>${renderType(property)}</td><td>${escapeHtml(String(Object(property).description ?? ''))}</td></tr>`,
    )
    .join('')}</table>`;
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:0 auto;padding:1rem}
h1{margin-bottom:0}nav a{margin-right:1rem}details{border:1px solid color-mix(in srgb,currentColor 20%,transparent);border-radius:.5rem;margin:.5rem 0;padding:.5rem .75rem}
summary{cursor:pointer;overflow-wrap:anywhere}summary span{opacity:.75}table{border-collapse:collapse;width:100%;display:block;overflow-x:auto}
td{border-top:1px solid color-mix(in srgb,currentColor 15%,transparent);padding:.25rem .5rem;vertical-align:top}.get{color:#1a7f37}.post{color:#0969da}
@media(prefers-color-scheme:dark){.get{color:#57d37a}.post{color:#6cb6ff}}`;

import { expect, test } from 'vitest';
import { PromptTemplateError, renderPrompt } from './prompt-template.ts';

const render = (template: string, values: Readonly<Record<string, string>> = {}) =>
  renderPrompt(template, { values, system: { now: '2026-01-01' } });
const problemOf = (template: string, values?: Readonly<Record<string, string>>): PromptTemplateError => {
  try {
    render(template, values);
  } catch (error) {
    if (error instanceof PromptTemplateError) return error;
    throw error;
  }
  throw new Error('It was filled in.');
};

test.each([
  ['Hello {{ name }}', { name: 'Ana' }, 'Hello Ana'],
  ['Hello {{ user.name }}', { 'user.name': 'Ana' }, 'Hello Ana'],
  ['{{ name | default: "guest" }}', {}, 'guest'],
  ['{% if vip %}a{% elsif old %}b{% else %}c{% endif %}', { old: '1' }, 'b'],
  ['{{ system.now }}', {}, '2026-01-01'],
  ['{{ a }}', { a: '{{ b }} <b>' }, '{{ b }} <b>'],
  ['no template', {}, 'no template'],
])('%j with %j', (template, values: Readonly<Record<string, string>>, text) => {
  expect(render(template, values)).toBe(text);
});

test('all missing names are told, each once', () => {
  const { missing } = problemOf('{{ b }} {{ a }} {{ b }} {{ user.name }}', { 'user.age': '7' });
  expect(missing).toEqual(['b', 'a', 'user.name']);
});

test.each(['constructor', '__proto__', 'toString', 'system.constructor', 'user.__proto__'])(
  '%s is no value',
  (name) => {
    expect(problemOf(`{{ ${name} }}`, { 'user.name': 'x' }).missing).toEqual([name]);
  },
);

test('names that objects are made of are names like others', () => {
  expect(render('{{ a }}', { __proto__: 'x', 'constructor.prototype.a': 'y', a: 'z' })).toBe('z');
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
});

test.each([
  '{{ a | }',
  '{{ "a" | nonsense }}',
  '{% nonsense %}',
  '{% if a %}',
  '{% include "x" %}',
  '{% render "x" %}',
])('%s is refused with a reason', (template) => {
  const problem = problemOf(template, { a: 'x' });
  expect(problem.missing).toEqual([]);
  expect(problem.message).toContain('The template is wrong');
});

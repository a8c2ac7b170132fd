import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { saved, variablesFor } from './saved';
import list from './saved.json';

const nouns = import.meta.glob<string>('../../../../graph/schema/*.graphqls', { query: '?raw', import: 'default', eager: true });
const schema = buildSchema(Object.values(nouns).join('\n'));

test('there are ten', () => {
  expect(saved).toHaveLength(10);
  expect(new Set(saved.map((q) => q.title)).size).toBe(10);
});

test('every document is in the list', () => {
  const files = Object.keys(import.meta.glob('./*.graphql'));
  expect(files.sort()).toEqual(list.map((q) => `./${q.file}.graphql`).sort());
});

for (const q of saved) {
  test(`${q.title} is valid`, () => {
    const document = parse(q.query);
    expect(validate(schema, document)).toEqual([]);
    const names = getOperationAST(document)?.variableDefinitions?.map((v) => v.variable.name.value) ?? [];
    expect(Object.keys(q.variables as object).filter((name) => !names.includes(name))).toEqual([]);
    expect(q.query.endsWith('\n')).toBe(true);
  });
}

test('variables are filled in', () => {
  const now = new Date('2026-03-08T12:00:00Z');
  const stats = saved.find((q) => q.title.startsWith('Sign-ins'));
  expect(stats && JSON.parse(variablesFor(stats, 'dGVu', now))).toEqual({ tenant: 'dGVu', from: '2026-03-01T12:00:00.000Z' });
  expect(saved[0] && variablesFor(saved[0], 'dGVu', now)).toBe('');
});

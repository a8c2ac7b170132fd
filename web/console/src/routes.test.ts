import { expect, test } from 'vitest';
import { editorPage, pageOf, placeAfter, sessionEnded, signInAgainFor, signInFor } from './routes';

const origin = 'https://admin.example.com';
const led = (to: string) => placeAfter(`?to=${encodeURIComponent(to)}`, origin);

test('a sign-in leads back to where it was asked for', () => {
  expect(led('/admin/graphiql')).toBe('/admin/graphiql');
  expect(led('/admin/users?q=a%20b')).toBe('/admin/users?q=a%20b');
  expect(placeAfter(new URL(signInFor('/admin/graphiql?tab=1'), origin).search, origin)).toBe('/admin/graphiql?tab=1');
});

test('a sign-in leads nowhere but into the console', () => {
  for (const to of [
    'https://evil.example/admin/',
    '//evil.example/admin/',
    '/\\evil.example/admin/',
    '/t/acme/link',
    'javascript:alert(1)',
    '/admin/../t/x',
    'http://[',
    '',
  ]) {
    expect(led(to)).toBe(editorPage);
  }
  expect(placeAfter('', origin)).toBe(editorPage);
});

test('a sign-in does not lead to itself', () => {
  expect(led('/admin/sign-in?to=/admin/sign-in')).toBe(editorPage);
  expect(led('/admin/')).toBe(editorPage);
});

test('an address that is no page is told from the sign-in', () => {
  expect(pageOf('/admin/')).toBe('sign-in');
  expect(pageOf('/admin/sign-in')).toBe('sign-in');
  expect(pageOf('/admin/nothing')).toBe('unknown');
});

test('who is sent to sign in again is told so, and led back', () => {
  const again = new URL(signInAgainFor('/admin/graphiql?a=b'), 'https://auth.example');
  expect(sessionEnded(again.search)).toBe(true);
  expect(placeAfter(again.search, again.origin)).toBe('/admin/graphiql?a=b');
  expect(sessionEnded(new URL(signInFor('/admin/'), again.origin).search)).toBe(false);
});

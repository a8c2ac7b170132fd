// Where the console's pages are. The server sends the same page for every address below home that is not the editor's.
export const home = '/admin/';
export const signInPage = '/admin/sign-in';
export const editorPage = '/admin/graphiql';

/** The sign-in page, which leads back to a place of the console. */
export function signInFor(place: string): string {
  return `${signInPage}?to=${encodeURIComponent(place)}`;
}

/** The same for somebody whose session has ended meanwhile, and who is told so. */
export function signInAgainFor(place: string): string {
  return `${signInFor(place)}&ended=1`;
}

/** Whether an address of the sign-in page is of signInAgainFor. */
export function sessionEnded(search: string): boolean {
  return new URLSearchParams(search).get('ended') === '1';
}

/** Where a sign-in leads: the place that the address names, if it is one of the console's, else the editor. */
export function placeAfter(search: string, origin: string): string {
  const wanted = new URLSearchParams(search).get('to');
  if (!wanted) return editorPage;
  let url: URL;
  try {
    url = new URL(wanted, origin);
  } catch {
    return editorPage;
  }
  // Nobody may make the sign-in page lead elsewhere, or in a circle.
  if (url.origin !== origin || !url.pathname.startsWith(home) || [home, signInPage].includes(url.pathname)) return editorPage;
  return url.pathname + url.search;
}

/** Which part of the console a path shows. */
export function pageOf(path: string): 'sign-in' | 'unknown' {
  return path === home || path === signInPage ? 'sign-in' : 'unknown';
}

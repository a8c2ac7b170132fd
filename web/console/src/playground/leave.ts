// Who is signing out is not told that the session has ended: the page is left once.
let leaving = false;

/** Says that the page is about to be left: nothing else leads away from it. */
export function beginLeaving(): void {
  leaving = true;
}

/** Leads away from the page, unless it is being left already. */
export function leaveFor(to: string): void {
  if (leaving) return;
  leaving = true;
  window.location.assign(to);
}

// A browser may show the page again as it was left.
window.addEventListener('pageshow', () => {
  leaving = false;
});

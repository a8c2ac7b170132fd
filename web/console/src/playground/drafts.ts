// What is in the editor is kept in the browser, so that it is there again after a sign-in. It may name people: it is kept for one
// admin, and until that one signs out.
const owner = 'tenantgate:drafts';
const drafts = 'graphiql:';

/** Forgets what another admin has left. */
export function keepFor(actorId: string, storage: Storage = window.localStorage): void {
  if (storage.getItem(owner) !== actorId) forget(storage);
  storage.setItem(owner, actorId);
}

/** Forgets what is in the editor. */
export function forget(storage: Storage = window.localStorage): void {
  for (const key of Object.keys(storage)) {
    if (key.startsWith(drafts) || key === owner) storage.removeItem(key);
  }
}

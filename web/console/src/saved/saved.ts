import list from './saved.json';

export interface SavedQuery {
  title: string;
  about: string;
  query: string;
  variables: unknown;
}

const documents = import.meta.glob<string>('./*.graphql', { query: '?raw', import: 'default', eager: true });

/** The queries that come with the console. */
export const saved: SavedQuery[] = list.map(({ file, title, about, variables }) => {
  const query = documents[`./${file}.graphql`];
  if (query === undefined) throw new Error(`no document for ${title}`);
  return { title, about, query, variables: variables ?? {} };
});

const week = 7 * 24 * 60 * 60 * 1000;

/** The variables of a query for a tenant at a time, as JSON for a person to change. */
export function variablesFor(q: SavedQuery, tenant: string, now: Date): string {
  const filled = JSON.stringify(
    q.variables,
    (_, value) => {
      if (value === '{tenant}') return tenant;
      if (value === '{week ago}') return new Date(now.getTime() - week).toISOString();
      return value;
    },
    2,
  );
  return filled === '{}' ? '' : filled;
}

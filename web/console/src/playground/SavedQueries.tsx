import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import type { Tenant } from '../api/viewer';
import { type SavedQuery, saved, variablesFor } from '../saved/saved';
import { useTenant } from './tenant';

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" aria-hidden="true">
      <path d="M6 3.75h12v16.5l-6-4.5-6 4.5Z" />
    </svg>
  );
}

/** The pane of queries to begin with. Each opens in a tab of its own. */
function Pane() {
  const tenant = useTenant();
  const { addTab } = useGraphiQLActions();
  const state = useGraphiQL((s) => s);
  const open = (q: SavedQuery) => {
    if (state.queryEditor?.getValue().trim()) addTab();
    state.queryEditor?.setValue(q.query);
    state.variableEditor?.setValue(variablesFor(q, tenant?.id ?? '', new Date()));
    state.queryEditor?.focus();
  };
  return (
    <section className="saved" aria-label="Saved queries">
      <header className="saved-head">Saved queries</header>
      <p className="saved-about">{about(tenant)}</p>
      <ul>
        {saved.map((q) => (
          <li key={q.title}>
            <button type="button" onClick={() => open(q)}>
              <strong>{q.title}</strong>
              <span>{q.about}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function about(tenant: Tenant | null): string {
  return tenant ? `For the tenant ${tenant.slug}; choose another one above.` : 'There is no tenant yet that you may read.';
}

export const SAVED_PLUGIN: GraphiQLPlugin = { title: 'Saved queries', icon: Icon, content: Pane };

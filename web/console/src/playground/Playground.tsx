import { GraphiQL } from 'graphiql';
import { useState } from 'react';
import { native } from '../api/native';
import type { Tenant, Viewer } from '../api/viewer';
import { signInPage } from '../routes';
import { saved } from '../saved/saved';
import { StepUp } from '../stepup/StepUp';
import { Brand } from '../ui/Brand';
import { forget } from './drafts';
import { fetcherFor } from './fetcher';
import { beginLeaving } from './leave';
import { SAVED_PLUGIN } from './SavedQueries';
import { firstTenant, TenantContext } from './tenant';
import './workers';
import 'graphiql/style.css';
import './playground.css';

const fetcher = fetcherFor();
const plugins = [SAVED_PLUGIN];
const [first] = saved;
const chosenKey = 'tenantgate:tenant';

/** The editor of the admin API, for who is signed in. */
export function Playground({ viewer, tenants }: { viewer: Viewer; tenants: Tenant[] }) {
  const [tenant, setTenant] = useState(() => firstTenant(tenants, window.sessionStorage.getItem(chosenKey)));
  const choose = (id: string) => {
    window.sessionStorage.setItem(chosenKey, id);
    setTenant(firstTenant(tenants, id));
  };
  return (
    <TenantContext value={tenant}>
      <div className="console">
        <Bar viewer={viewer} tenants={tenants} tenant={tenant} onChoose={choose} />
        <div className="editor">
          <GraphiQL
            fetcher={fetcher}
            plugins={plugins}
            visiblePlugin={SAVED_PLUGIN}
            defaultTabs={[{ query: first?.query ?? '' }]}
            defaultEditorToolsVisibility="variables"
            showPersistHeadersSettings={false}
          >
            <GraphiQL.Logo>Admin API</GraphiQL.Logo>
          </GraphiQL>
        </div>
      </div>
      <StepUp />
    </TenantContext>
  );
}

interface BarProps {
  viewer: Viewer;
  tenants: Tenant[];
  tenant: Tenant | null;
  onChoose: (id: string) => void;
}

/** The bar above: whose console it is, for which tenant, and the way out. */
function Bar({ viewer, tenants, tenant, onChoose }: BarProps) {
  const [busy, setBusy] = useState(false);
  const leave = () => {
    setBusy(true);
    beginLeaving();
    native.signOut().finally(() => {
      forget();
      window.location.assign(signInPage);
    });
  };
  return (
    <header className="bar">
      <Brand />
      <label className="tenant">
        <span>Tenant</span>
        <select value={tenant?.id ?? ''} onChange={(e) => onChoose(e.currentTarget.value)} disabled={tenants.length === 0}>
          {tenants.map((t) => (
            <option key={t.id} value={t.id}>
              {t.slug}
            </option>
          ))}
        </select>
      </label>
      <span className="role" title={viewer.actorId}>
        {[...new Set(viewer.grants.map((g) => g.role.toLowerCase()))].join(', ')}
      </span>
      <button type="button" className="leave" disabled={busy} onClick={leave}>
        Sign out
      </button>
    </header>
  );
}

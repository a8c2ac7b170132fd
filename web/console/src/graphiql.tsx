import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { type Problem, problemOf } from './api/problem';
import { readTenants, type Tenant, type Viewer, whoAmI } from './api/viewer';
import { keepFor } from './playground/drafts';
import { Playground } from './playground/Playground';
import { signInFor } from './routes';
import { Brand } from './ui/Brand';
import { Button } from './ui/Button';
import { Notice } from './ui/Notice';
import './ui/base.css';

interface Admin {
  viewer: Viewer;
  tenants: Tenant[];
}

/** Learns who asks; null while the browser is on its way to the sign-in. */
async function load(): Promise<Admin | null> {
  const now = await whoAmI();
  if (now.is !== 'admin') {
    window.location.replace(signInFor(window.location.pathname + window.location.search));
    return null;
  }
  keepFor(now.viewer.actorId);
  return { viewer: now.viewer, tenants: await readTenants().catch(() => []) };
}

/** The editor, once it is known who asks. Who is not signed in comes back by the sign-in page. */
function App() {
  const [who, setWho] = useState<Admin | Problem | null>(null);
  useEffect(() => {
    load().then(setWho, (thrown) => setWho(problemOf(thrown)));
  }, []);
  if (who && 'viewer' in who) return <Playground viewer={who.viewer} tenants={who.tenants} />;
  return (
    <main className="stage">
      <Brand />
      <section className="card stack" aria-busy={who === null}>
        {who && 'code' in who ? <Notice problem={who} fields={[]} wait={0} /> : <Button busy>One moment</Button>}
        {who && <Button onClick={() => window.location.reload()}>Try again</Button>}
      </section>
    </main>
  );
}

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

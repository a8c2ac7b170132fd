import { StrictMode, useCallback } from 'react';
import { createRoot } from 'react-dom/client';
import { editorPage, pageOf, placeAfter } from './routes';
import { SignInPage } from './signin/SignInPage';
import { Brand } from './ui/Brand';
import './ui/base.css';

function App() {
  const go = useCallback(() => window.location.replace(placeAfter(window.location.search, window.location.origin)), []);
  return pageOf(window.location.pathname) === 'sign-in' ? <SignInPage onDone={go} /> : <Unknown />;
}

function Unknown() {
  return (
    <main className="stage">
      <Brand />
      <section className="card stack">
        <h1>There is no such page</h1>
        <p className="quiet">The address may be of a later version, or mistyped.</p>
        <a className="button main" href={editorPage}>
          Open the console
        </a>
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

import type { ReactNode } from 'react';

interface Props {
  children: ReactNode;
  main?: boolean;
  busy?: boolean;
  disabled?: boolean;
  submit?: boolean;
  onClick?: () => void;
}

/** A button that turns while the server is asked, and keeps its size. */
export function Button({ children, main, busy, disabled, submit, onClick }: Props) {
  return (
    <button
      type={submit ? 'submit' : 'button'}
      className={main ? 'button main' : 'button'}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      onClick={onClick}
    >
      {busy && <span className="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

/** A lesser choice, drawn as a link. */
export function Choice({ children, disabled, onClick }: { children: ReactNode; disabled?: boolean; onClick: () => void }) {
  return (
    <button type="button" className="link" disabled={disabled} onClick={onClick}>
      {children}
    </button>
  );
}

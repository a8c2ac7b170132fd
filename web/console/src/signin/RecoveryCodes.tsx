import { useState } from 'react';
import { Button } from '../ui/Button';

/** The recovery codes, which are shown this once. */
export function RecoveryCodes({ codes, onSaved }: { codes: string[]; onSaved: () => void }) {
  const [copied, setCopied] = useState(false);
  const text = `${codes.join('\n')}\n`;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  const download = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    link.download = 'tenantgate-recovery-codes.txt';
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div className="stack">
      <div className="stack tight">
        <h1>Save your recovery codes</h1>
        <p className="quiet">
          Each lets you in once, should you lose your second factor. They are not shown again: keep them where you keep passwords.
        </p>
      </div>
      <ol className="codes" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="row">
        <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>
        <Button onClick={download}>Download</Button>
      </div>
      <Button main onClick={onSaved}>
        I have saved them
      </Button>
    </div>
  );
}

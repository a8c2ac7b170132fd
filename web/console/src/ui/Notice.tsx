import type { Problem } from '../api/problem';
import { words } from '../api/problem';
import { fieldOf } from '../signin/machine';

/** A problem that is about no field on the screen. It is announced as it appears. */
export function Notice({ problem, fields, wait }: { problem: Problem | null; fields: string[]; wait: number }) {
  const shown = problem && !fields.includes(fieldOf(problem) ?? '') ? problem : null;
  return (
    <p className="notice" role="alert">
      {shown && (
        <>
          {words(shown)} {shown.fields.map((f) => f.message).join(' ')}
          {wait > 0 && <> Try again in {wait} s.</>}
          {shown.code === 'internal' && shown.requestId && <> Request {shown.requestId}.</>}
        </>
      )}
    </p>
  );
}

import { type InputHTMLAttributes, useId } from 'react';
import type { Problem } from '../api/problem';
import { words } from '../api/problem';
import { fieldOf } from '../signin/machine';

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  name: string;
  label: string;
  hint?: string;
  problem: Problem | null;
}

/** An input with its label and, below it, what is wrong with it. */
export function Field({ label, hint, problem, className, ...input }: Props) {
  const id = useId();
  const wrong = wrongWith(input.name, problem);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        className={className}
        required
        aria-invalid={wrong !== null || undefined}
        aria-describedby={`${id}-hint`}
        spellCheck={false}
        autoCapitalize="none"
      />
      <div id={`${id}-hint`} className={wrong ? 'hint wrong' : 'hint'} aria-live="polite">
        {wrong ?? hint}
      </div>
    </div>
  );
}

/** What a problem says of a field. Where it names none, it is about the one that it leads to. */
function wrongWith(name: string, problem: Problem | null): string | null {
  if (!problem) return null;
  const named = problem.fields.find((f) => f.field === name);
  if (named) return named.message;
  return problem.fields.length === 0 && fieldOf(problem) === name ? words(problem) : null;
}

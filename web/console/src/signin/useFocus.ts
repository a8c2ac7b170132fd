import { type RefObject, useEffect } from 'react';
import type { Problem } from '../api/problem';
import { fieldOf } from './machine';

/** Puts the focus on the field that a problem is about. */
export function useFocus(within: RefObject<HTMLElement | null>, problem: Problem | null): void {
  useEffect(() => {
    const name = fieldOf(problem);
    const input = name ? within.current?.querySelector<HTMLInputElement>(`[name="${CSS.escape(name)}"]`) : null;
    input?.focus();
    input?.select();
  }, [within, problem]);
}

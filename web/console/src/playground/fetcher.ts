import type { Fetcher, FetcherOpts, FetcherParams } from '@graphiql/toolkit';
import { type DocumentNode, getOperationAST, Kind, parse } from 'graphql';
import { faultOf, follow, type GraphQLFault, type Result, run } from '../api/graphql';
import { signInAgainFor } from '../routes';
import { askForProof } from '../stepup/asker';
import { leaveFor } from './leave';

/** What the editor asks the page for. */
export interface Page {
  leave: (to: string) => void;
  place: () => string;
  askForProof: (acr?: string) => Promise<boolean>;
}

const browser: Page = {
  leave: leaveFor,
  place: () => window.location.pathname + window.location.search,
  askForProof,
};

/** Sends what the editor holds. Where a fresh proof is needed it asks for one and sends it again; who is signed out signs in again. */
export function fetcherFor(page: Page = browser): Fetcher {
  const once = async (send: () => Promise<Result>): Promise<Result> => {
    let result = await send();
    // The second round asks for more than a fresh proof: for the level that the session lacks.
    for (const acr of [undefined, 'aal2']) {
      const fault = faultOf(result, 'STEP_UP_REQUIRED');
      if (!fault || !(await page.askForProof(fault.extensions?.acr ?? acr))) break;
      result = await send();
    }
    leaveIfSignedOut(result);
    return result;
  };
  const leaveIfSignedOut = (result: Result): GraphQLFault | undefined => {
    const fault = faultOf(result, 'UNAUTHENTICATED', 'INVALID_TOKEN');
    if (fault) page.leave(signInAgainFor(page.place()));
    return fault;
  };

  async function* live(params: FetcherParams, headers: Record<string, string>) {
    for (const acr of [undefined, 'aal2', null]) {
      let again = false;
      for await (const result of follow(params, headers)) {
        const fault = faultOf(result, 'STEP_UP_REQUIRED');
        if (acr !== null && fault && (await page.askForProof(fault.extensions?.acr ?? acr))) {
          again = true;
          break;
        }
        leaveIfSignedOut(result);
        yield result;
      }
      if (!again) return;
    }
  }

  return (params: FetcherParams, options?: FetcherOpts) => {
    const headers = (options?.headers ?? {}) as Record<string, string>;
    const document = parsed(params.query);
    // What the editor says of its operations is of a moment ago: it may name one of the document before.
    const named = document && getOperationAST(document, params.operationName);
    const operation = named ?? (document && onlyOf(document));
    const meant = { ...params, operationName: operation?.name?.value ?? params.operationName };
    if (operation?.operation === 'subscription') return live(meant, headers) as unknown as ReturnType<Fetcher>;
    return once(() => run(meant, headers)) as ReturnType<Fetcher>;
  };
}

/** A document, or null for what the server shall say is none. */
function parsed(text: string): DocumentNode | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

function onlyOf(document: DocumentNode) {
  const operations = document.definitions.filter((d) => d.kind === Kind.OPERATION_DEFINITION);
  return operations.length === 1 ? operations[0] : null;
}

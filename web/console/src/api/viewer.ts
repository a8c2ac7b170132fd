import { faultOf, run } from './graphql';
import { Failure, problem } from './problem';

export interface Viewer {
  actorId: string;
  grants: { role: string }[];
}

export interface Tenant {
  id: string;
  slug: string;
  name: string;
}

/** Who uses the console: an admin, nobody yet, or somebody who is no admin. */
export type Who = { is: 'admin'; viewer: Viewer } | { is: 'nobody' } | { is: 'stranger' };

/** Asks the server who this is. Throws Failure. */
export async function whoAmI(): Promise<Who> {
  const result = await run({ query: '{ viewer { actorId grants { role } } }' });
  if (faultOf(result, 'UNAUTHENTICATED', 'INVALID_TOKEN', 'STEP_UP_REQUIRED')) return { is: 'nobody' };
  if (faultOf(result, 'FORBIDDEN')) return { is: 'stranger' };
  const data = result.data as { viewer?: Viewer } | null | undefined;
  if (data?.viewer) return { is: 'admin', viewer: data.viewer };
  const [first] = result.errors ?? [];
  throw new Failure(
    problem('internal', first?.message ?? 'The server did not say who you are.', { retryAfter: first?.extensions?.retryAfter }),
  );
}

/** The first tenants that the admin may read. Throws Failure. */
export async function readTenants(): Promise<Tenant[]> {
  const result = await run({ query: '{ tenants(first: 100) { nodes { id slug name } } }' });
  const data = result.data as { tenants?: { nodes: Tenant[] } } | null | undefined;
  return data?.tenants?.nodes ?? [];
}

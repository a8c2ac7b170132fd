import { createContext, useContext } from 'react';
import type { Tenant } from '../api/viewer';

/** The tenant that saved queries are filled in for. */
export const TenantContext = createContext<Tenant | null>(null);

export function useTenant(): Tenant | null {
  return useContext(TenantContext);
}

const reserved = 'tenantgate';

/** The tenant to begin with: the one last chosen, else the first that is somebody's. */
export function firstTenant(tenants: Tenant[], chosen: string | null): Tenant | null {
  return tenants.find((t) => t.id === chosen) ?? tenants.find((t) => t.slug !== reserved) ?? tenants[0] ?? null;
}

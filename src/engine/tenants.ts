import { OrderchartError } from '../errors.ts';

interface TenantSettings {
  readonly defaultTenantId: string;
  /** With `required`, every call must name its tenant. */
  readonly tenants?: 'optional' | 'required';
}

/** Finds the tenant of a call. */
export class Tenants {
  readonly #defaultId: string | undefined;

  constructor({ defaultTenantId, tenants = 'optional' }: TenantSettings) {
    this.#defaultId = tenants === 'required' ? undefined : defaultTenantId;
  }

  /** Returns the tenant that a call names, or the default. */
  of(named: string | undefined): string {
    const id = named ?? this.#defaultId;
    if (id !== undefined) return id;
    throw new OrderchartError(
      'invalidArgument',
      "The call names no tenant, but this engine has `tenants: 'required'`: pass a `tenantId`, or use " +
        '`engine.tenant(id)`.',
      { details: { option: 'tenants' } },
    );
  }
}

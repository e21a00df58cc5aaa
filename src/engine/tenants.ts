import { OrderchartError } from '../errors.ts';

interface TenantSettings {
  readonly defaultTenantId: string;
  /** `required`: every call must name its tenant. */
  readonly tenants?: 'optional' | 'required';
}

/** Whose orders calls are about that name no tenant. */
export class Tenants {
  readonly #defaultId: string | undefined;

  constructor({ defaultTenantId, tenants = 'optional' }: TenantSettings) {
    this.#defaultId = tenants === 'required' ? undefined : defaultTenantId;
  }

  /** The tenant that a call means. */
  of(named: string | undefined): string {
    const id = named ?? this.#defaultId;
    if (id !== undefined) return id;
    throw new OrderchartError(
      'invalidArgument',
      "The call names no tenant, and this engine has `tenants: 'required'`: give a `tenantId`, or use " +
        '`engine.tenant(id)`.',
      { details: { option: 'tenants' } },
    );
  }
}

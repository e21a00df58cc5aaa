import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import { idSchema } from '../order/schemas.ts';
import type { AnyStatus } from '../order/values.ts';
import type { OrderEngine, TenantEngine } from './api.ts';
import { checkArgument } from './contract/arguments.ts';

/** The options of a call, which may repeat the tenant. */
const givenSchema = z.looseObject({ tenantId: idSchema.optional() }).default({});

type Events = Readonly<Record<string, OrderEvent>>;

/** Returns the calls of an engine that concern the orders of one tenant. */
export function boundTo(
  engine: OrderEngine<unknown, Events, AnyStatus>,
  tenant: unknown,
): TenantEngine<unknown, Events, AnyStatus> {
  const tenantId = checkArgument(idSchema, tenant, 'tenant id');
  const own = <Options extends object>(options: Options | undefined) => {
    const given = checkArgument(givenSchema, options, 'options');
    if (given.tenantId !== undefined && given.tenantId !== tenantId) throw otherTenant(tenantId);
    // The engine checks the other options.
    return { ...given, tenantId } as unknown as Options & { readonly tenantId: string };
  };
  return {
    tenantId,
    execute: async (command, context) => engine.execute(command, own(context)),
    get: (orderId) => engine.get(orderId, { tenantId }),
    getByNumber: (number) => engine.getByNumber(number, { tenantId }),
    history: (orderId, options) => engine.history(orderId, own(options)),
    list: async (options) => engine.list(own(options)),
    explain: async (orderId, options) => engine.explain(orderId, own(options)),
  };
}

function otherTenant(tenantId: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    'The call names another tenant than the one that the engine is bound to; leave out `tenantId`.',
    { details: { tenantId } },
  );
}

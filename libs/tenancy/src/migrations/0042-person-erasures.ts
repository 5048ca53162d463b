import { type Migration, systemPolicy } from '#platform/database';

export const personErasures: Migration = {
  name: 'tenancy/0042-person-erasures',
  up: [
    ...systemPolicy('tenancy.data_order', 'select', 'whether the other memberships of an erased person are being erased as well'),
    `create index data_order_of_person on tenancy.data_order (tenant_id, person_id) where person_id is not null`,
  ],
};

import { MOST_RESULTS } from './listing.js';
import { GROUP_SCHEMA } from './group-resource.js';
import type { Resource } from './patch.js';
import { USER_SCHEMA } from './user-resource.js';

/** What this service can (RFC 7643 §5). */
export function serviceProviderConfig(base: string): Resource {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: MOST_RESULTS },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [{ type: 'oauthbearertoken', name: 'API key',
      description: 'A key with the scope tenancy.scim.write as bearer token.', primary: true }],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/scim/v2/ServiceProviderConfig` },
  };
}

export function resourceTypes(base: string): Resource[] {
  return [['User', 'Users', USER_SCHEMA], ['Group', 'Groups', GROUP_SCHEMA]].map(([id, path, schema]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id,
    name: id,
    endpoint: `/${path}`,
    schema,
    schemaExtensions: [],
    meta: { resourceType: 'ResourceType', location: `${base}/scim/v2/ResourceTypes/${id}` },
  }));
}

interface Characteristics {
  type?: string;
  required?: boolean;
  multiValued?: boolean;
  caseExact?: boolean;
  mutability?: string;
  uniqueness?: string;
  subAttributes?: Resource[];
  referenceTypes?: string[];
}

function attribute(name: string, description: string,
  { type = 'string', required = false, multiValued = false, caseExact = false, mutability = 'readWrite', uniqueness = 'none',
    ...more }: Characteristics = {}): Resource {
  return { name, type, description, required, multiValued, caseExact, mutability, returned: 'default', uniqueness, ...more };
}

export function schemas(base: string): Resource[] {
  const meta = (id: string): Resource => ({ resourceType: 'Schema', location: `${base}/scim/v2/Schemas/${id}` });
  const reference = attribute('$ref', 'Where it is read.',
    { type: 'reference', mutability: 'readOnly', referenceTypes: ['User', 'Group'] });
  return [
    {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
      id: USER_SCHEMA, name: 'User', description: 'A member of the tenant', meta: meta(USER_SCHEMA),
      attributes: [
        attribute('userName', 'What the directory calls them; an e-mail address, unless emails has one.',
          { required: true, uniqueness: 'server' }),
        attribute('externalId', 'Their id in the directory.', { caseExact: true }),
        attribute('name', 'The parts of their name.', { type: 'complex',
          subAttributes: [attribute('formatted', 'The whole.'), attribute('familyName', 'The family name.'),
            attribute('givenName', 'The given name.')] }),
        attribute('displayName', 'What others see.'),
        attribute('active', 'Whether they may sign in.', { type: 'boolean' }),
        attribute('emails', 'One address, in a domain that the tenant has proven.', {
          type: 'complex', multiValued: true, subAttributes: [attribute('value', 'The address.', { required: true }),
            attribute('type', 'work'), attribute('primary', 'Which of several counts.', { type: 'boolean' })],
        }),
        attribute('groups', 'The groups they are in.', { type: 'complex', multiValued: true, mutability: 'readOnly',
          subAttributes: [attribute('value', 'Id of the group.', { mutability: 'readOnly' }), reference,
            attribute('display', 'Its name.', { mutability: 'readOnly' })] }),
      ],
    },
    {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
      id: GROUP_SCHEMA, name: 'Group', description: 'A group of the directory; what it grants is set in the tenant',
      meta: meta(GROUP_SCHEMA),
      attributes: [
        attribute('displayName', 'Its name.', { required: true, uniqueness: 'server' }),
        attribute('externalId', 'Its id in the directory.', { caseExact: true }),
        attribute('members', 'Who is in it.', { type: 'complex', multiValued: true,
          subAttributes: [attribute('value', 'Id of the user.', { mutability: 'immutable' }), reference,
            attribute('display', 'Their name.', { mutability: 'readOnly' })] }),
      ],
    },
  ];
}

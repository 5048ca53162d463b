import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, ProblemsAs } from '#platform/http';
import { CoreConfig, orNotFound } from '#platform/core';
import { publicBase } from '../../organisation/tenant/public-base.js';
import { listResponse } from './listing.js';
import type { Resource } from './patch.js';
import { answer } from './reply.js';
import { SCIM_JSON, scimProblem } from './scim-error.js';
import { resourceTypes, schemas, serviceProviderConfig } from './schemas.js';

/** What a directory reads first. */
@ApiTags('SCIM')
@Controller('scim/v2')
export class ScimDiscoveryController {
  constructor(private readonly core: CoreConfig) {}

  @Get('ServiceProviderConfig')
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  config(@Res({ passthrough: true }) reply: FastifyReply): Resource {
    return answer(reply, serviceProviderConfig(publicBase(this.core)));
  }

  @Get('ResourceTypes')
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  types(@Res({ passthrough: true }) reply: FastifyReply): Resource {
    return answer(reply, all(resourceTypes(publicBase(this.core))));
  }

  @Get('ResourceTypes/:id')
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  type(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Resource {
    return answer(reply, one(resourceTypes(publicBase(this.core)), id, 'resource type'));
  }

  @Get('Schemas')
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  schemas(@Res({ passthrough: true }) reply: FastifyReply): Resource {
    return answer(reply, all(schemas(publicBase(this.core))));
  }

  @Get('Schemas/:id')
  @Allow('tenancy.scim.write')
  @ProblemsAs(scimProblem, SCIM_JSON)
  schema(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Resource {
    return answer(reply, one(schemas(publicBase(this.core)), id, 'schema'));
  }
}

function all(resources: Resource[]): Resource {
  return listResponse(resources, resources.length, 1);
}

function one(resources: Resource[], id: string, kind: string): Resource {
  return orNotFound(resources.find((resource) => resource.id === id), kind);
}

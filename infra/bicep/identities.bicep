// One managed identity for the fleet, and one for the pipeline of each shard, which has no business in another's account. Each gets its rights where the thing it may use is declared.
@description('Prefix of resource names.')
param prefix string

@description('Azure region.')
param location string

@description('Shards, each with a pipeline of its own; those that are emptied last.')
param shards array

resource fleet 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${prefix}-fleet'
  location: location
}

resource pipelines 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = [for shard in shards: {
  name: '${prefix}-pipeline-${shard}'
  location: location
}]

output fleetId string = fleet.id
output fleetPrincipalId string = fleet.properties.principalId
output pipelineIds array = [for (shard, i) in shards: pipelines[i].id]
output pipelinePrincipalIds array = [for (shard, i) in shards: pipelines[i].properties.principalId]
output pipelineClientIds array = [for (shard, i) in shards: pipelines[i].properties.clientId]

// One managed identity per program. Each gets its rights where the thing it may use is declared.
@description('Prefix of resource names.')
param prefix string

@description('Azure region.')
param location string

resource fleet 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${prefix}-fleet'
  location: location
}

resource pipeline 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${prefix}-pipeline'
  location: location
}

output fleetId string = fleet.id
output fleetPrincipalId string = fleet.properties.principalId
output pipelineId string = pipeline.id
output pipelinePrincipalId string = pipeline.properties.principalId
output pipelineClientId string = pipeline.properties.clientId

// The Container Apps environment that the fleet, and the worker where it is chosen, run in; and the right to pull their images.
@description('Prefix of resource names.')
param prefix string

@description('Azure region.')
param location string

@description('Subnet of the environment.')
param subnetId string

@description('Log Analytics workspace that takes the console logs.')
param workspaceId string

@description('Whether replicas are spread over zones.')
param zoneRedundant bool

@description('Container registry of this resource group that has the images.')
param registryName string

@description('Principal ids that may pull images.')
param pullers array

// AcrPull: may pull images, may not push or delete any.
var pullRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource pullersMayPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for puller in pullers: {
  name: guid(registry.id, puller, pullRole)
  scope: registry
  properties: {
    roleDefinitionId: pullRole
    principalId: puller
    principalType: 'ServicePrincipal'
  }
}]

resource containers 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: '${prefix}-containers'
  location: location
  properties: {
    vnetConfiguration: { infrastructureSubnetId: subnetId, internal: false }
    zoneRedundant: zoneRedundant
    workloadProfiles: [ { name: 'Consumption', workloadProfileType: 'Consumption' } ]
    appLogsConfiguration: { destination: 'azure-monitor' }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: containers
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'ContainerAppConsoleLogs', enabled: true }
      { category: 'ContainerAppSystemLogs', enabled: true }
    ]
  }
}

output environmentId string = containers.id
output registryServer string = registry.properties.loginServer

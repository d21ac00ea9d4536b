// PostgreSQL: the index, the registry and the people. It answers inside the network alone; its connection strings, the fleet's and the pipelines', go into the key vault.
@description('Server name, lower-case letters, digits or hyphens, unique in the world.')
param name string

@description('Azure region.')
param location string

@description('Subnet that is delegated to the server.')
param subnetId string

@description('Private DNS zone of the server, linked with the network.')
param zoneId string

@description('Key vault that takes the connection strings.')
param vaultName string

@description('Principal id of the fleet, which reads both connection strings: it makes the pipelines\' role.')
param fleetPrincipalId string

@description('Principal ids of the pipelines, which read their own connection string.')
param pipelinePrincipalIds array

@description('Size of the machine, for example Standard_B2s or Standard_D4ds_v5.')
param sku string

@description('Tier that the size belongs to.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param tier string

@description('Disk in GB: 32, 64, 128 and so on. It grows by itself and never shrinks.')
@minValue(32)
@maxValue(16384)
param storageGb int

@description('Whether a second server in another zone takes over when the first one fails.')
param zoneRedundant bool

@description('Days that backups are kept.')
@minValue(7)
@maxValue(35)
param backupDays int

@description('Password of the fleet\'s database user, 16 characters or more, without semicolons and quotes.')
@secure()
@minLength(16)
param password string

@description('Password of the pipelines\' database user, as the fleet\'s, and another one.')
@secure()
@minLength(16)
param pipelinePassword string

// Key Vault Secrets User, on one secret.
var secretsUserRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  sku: { name: sku, tier: tier }
  properties: {
    version: '16'
    administratorLogin: 'heldar'
    administratorLoginPassword: password
    network: { delegatedSubnetResourceId: subnetId, privateDnsZoneArmResourceId: zoneId }
    storage: { storageSizeGB: storageGb, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: backupDays, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: zoneRedundant ? 'ZoneRedundant' : 'Disabled' }
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = {
  parent: server
  name: 'heldar'
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource connection 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'database'
  properties: {
    value: 'Host=${server.properties.fullyQualifiedDomainName};Database=${database.name};Username=heldar;Password=${password};SSL Mode=VerifyFull;Maximum Pool Size=20'
  }
}

resource fleetMayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(connection.id, fleetPrincipalId, secretsUserRole)
  scope: connection
  properties: {
    roleDefinitionId: secretsUserRole
    principalId: fleetPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The fleet makes the role and gives it the least rights; see Migrations/PipelineTables.cs.
resource pipelineConnection 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'database-pipeline'
  properties: {
    value: 'Host=${server.properties.fullyQualifiedDomainName};Database=${database.name};Username=heldar_pipeline;Password=${pipelinePassword};SSL Mode=VerifyFull;Maximum Pool Size=20'
  }
}

resource readersMayReadPipeline 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for reader in concat([ fleetPrincipalId ], pipelinePrincipalIds): {
  name: guid(pipelineConnection.id, reader, secretsUserRole)
  scope: pipelineConnection
  properties: {
    roleDefinitionId: secretsUserRole
    principalId: reader
    principalType: 'ServicePrincipal'
  }
}]

output serverId string = server.id
output secretName string = connection.name
output pipelineSecretName string = pipelineConnection.name

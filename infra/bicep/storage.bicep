// The storage account of one shard: queues with their poison queues, and the containers that functions use.
@description('Shard name: 1 to 20 lower-case letters or digits. One shard is one deployment and one storage account.')
@minLength(1)
@maxLength(20)
param shard string

@description('Azure region.')
param location string = resourceGroup().location

@description('Storage account name, 3 to 24 lower-case letters or digits.')
@minLength(3)
@maxLength(24)
param accountName string

@description('Replication of the account.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param sku string = 'Standard_ZRS'

@description('Key vault that takes the connection string.')
param vaultName string

@description('Principal id of the fleet\'s identity; it may read the connection string.')
param fleetPrincipalId string

@description('Principal id of the identity that scales the workers; it may count messages and read the connection string.')
param pipelinePrincipalId string

// Storage Queue Data Reader: may read and count messages, may not add, change or delete any.
var queueReaderRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '19e7f393-937e-4f77-808e-94535e297925')

// Key Vault Secrets User, on this one secret.
var secretsUserRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

// The same names stand in QueueNames.cs; an architecture test compares.
var queueNames = [
  'segments'
  'detections'
  'snapshots'
  'states'
  'registrations'
  'fanout'
  'webhooks'
  'archive'
  'retention'
  'holds'
  'mended'
]

// Nothing takes messages from these yet, so nothing scales by them.
var idleQueues = [ 'archive', 'retention' ]

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: accountName
  location: location
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    defaultToOAuthAuthentication: true
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = [for queue in queueNames: {
  parent: queueService
  name: '${queue}-${shard}'
}]

resource poisonQueues 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = [for queue in queueNames: {
  parent: queueService
  name: '${queue}-${shard}-poison'
}]

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource manifests 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobService
  name: 'manifests'
}

// A staged body is deleted when its batch is applied or given up. What is left is of messages that were never put, or of letters that nobody decided on.
resource ageRules 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'staged-bodies'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: [ 'blockBlob' ], prefixMatch: [ 'staging-' ] }
            actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: 14 } } }
          }
        }
      ]
    }
  }
}

resource pipelineMayCount 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, pipelinePrincipalId, queueReaderRole)
  scope: account
  properties: {
    roleDefinitionId: queueReaderRole
    principalId: pipelinePrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

// Boxes get signatures for one queue, and those need the account's key: it goes from the account into the vault and is in no output.
resource connection 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'storage-${shard}'
  properties: {
    value: 'DefaultEndpointsProtocol=https;AccountName=${account.name};AccountKey=${account.listKeys().keys[0].value};EndpointSuffix=${environment().suffixes.storage}'
  }
}

resource readersMayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for reader in [ fleetPrincipalId, pipelinePrincipalId ]: {
  name: guid(connection.id, reader, secretsUserRole)
  scope: connection
  properties: {
    roleDefinitionId: secretsUserRole
    principalId: reader
    principalType: 'ServicePrincipal'
  }
}]

output accountName string = account.name
output accountId string = account.id
output secretName string = connection.name
output queueNames array = [for queue in queueNames: '${queue}-${shard}']
output handledQueueNames array = [for queue in filter(queueNames, q => !contains(idleQueues, q)): '${queue}-${shard}']

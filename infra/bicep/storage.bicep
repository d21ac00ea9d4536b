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

@description('Principal id of the identity that the shard\'s pipeline runs as, and that counts messages for the scaler. It may use queues and blobs of the account, and never gets its key.')
param pipelinePrincipalId string

@description('Principal ids of the identities that may write the manifests: the pipelines of all shards in the account that holds them, none in any other.')
param manifestWriters array

// Message Processor and Message Sender would not do: lengthening the hold on a message that takes long is updating it, which neither may.
// Storage Queue Data Contributor, on this account alone: the pipeline gets, puts, updates, deletes and counts messages.
var queueContributorRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '974c5e8b-45b9-4653-ba55-5f855dd0fb88')

// Storage Blob Data Contributor: the pipeline reads and deletes staged bodies, and writes, reads, lists and deletes manifests.
var blobContributorRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')

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

resource pipelineMayUseQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, pipelinePrincipalId, queueContributorRole)
  scope: account
  properties: {
    roleDefinitionId: queueContributorRole
    principalId: pipelinePrincipalId
    principalType: 'ServicePrincipal'
  }
}

// On the account, because the fleet makes a container for each box when the box enrols: none of them is there to be named here.
resource pipelineMayUseStagedBodies 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, pipelinePrincipalId, blobContributorRole)
  scope: account
  properties: {
    roleDefinitionId: blobContributorRole
    principalId: pipelinePrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource pipelinesMayUseManifests 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for writer in manifestWriters: {
  name: guid(manifests.id, writer, blobContributorRole)
  scope: manifests
  properties: {
    roleDefinitionId: blobContributorRole
    principalId: writer
    principalType: 'ServicePrincipal'
  }
}]

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

// Boxes get signatures for one queue, and those need the account's key: it goes from the account into the vault, for the fleet alone, and is in no output.
resource connection 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'storage-${shard}'
  properties: {
    value: 'DefaultEndpointsProtocol=https;AccountName=${account.name};AccountKey=${account.listKeys().keys[0].value};EndpointSuffix=${environment().suffixes.storage}'
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

output accountName string = account.name
output accountId string = account.id
output secretName string = connection.name
output queueNames array = [for queue in queueNames: '${queue}-${shard}']
output handledQueueNames array = [for queue in filter(queueNames, q => !contains(idleQueues, q)): '${queue}-${shard}']

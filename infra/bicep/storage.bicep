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

output accountName string = account.name
output queueNames array = [for queue in queueNames: '${queue}-${shard}']

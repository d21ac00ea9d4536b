// One shard of the pipeline. The fleet, its database and the Function App are separate modules that build on this one's outputs.
targetScope = 'resourceGroup'

@description('Shard name: 1 to 20 lower-case letters or digits.')
param shard string = '0'

@description('Azure region.')
param location string = resourceGroup().location

@description('Prefix of resource names, 3 to 10 lower-case letters or digits.')
@minLength(3)
@maxLength(10)
param prefix string

module storage 'storage.bicep' = {
  name: 'storage-${shard}'
  params: {
    shard: shard
    location: location
    accountName: '${prefix}${shard}${take(uniqueString(resourceGroup().id, shard), 8)}'
  }
}

output storageAccount string = storage.outputs.accountName
output queues array = storage.outputs.queueNames

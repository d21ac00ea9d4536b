// One deployment: the shards of the pipeline, each with its storage account, their fleet service, database and monitoring. The container registry is there before, in the same group.
targetScope = 'resourceGroup'

@description('Names of the shards, each 1 to 20 lower-case letters or digits. Every shard has a storage account and a pipeline of its own; the account of the first also holds the manifests of all.')
@minLength(1)
param shards array = [ '0' ]

@description('Shards that get no new messages any more: their accounts and pipelines stay until their queues are empty.')
param drainingShards array = []

@description('Azure region.')
param location string = resourceGroup().location

@description('Prefix of resource names, 3 to 10 lower-case letters or digits.')
@minLength(3)
@maxLength(10)
param prefix string

@description('What handles the queues: a Function App, or a worker on Container Apps.')
@allowed(['functions', 'worker'])
param front string

@description('Container registry of this resource group that has the images.')
param registryName string

@description('Image of the fleet with its tag, without the registry.')
param fleetImage string

@description('Image of the worker with its tag, without the registry. Not used by the Function App, which gets a package.')
param workerImage string

@description('Password of the fleet\'s database user.')
@secure()
@minLength(16)
param databasePassword string

@description('Password of the pipelines\' database user, another one.')
@secure()
@minLength(16)
param pipelineDatabasePassword string

@description('Keys that seal the secrets of webhooks in the database: each 32 bytes as base64, separated by commas. The first seals, all open.')
@secure()
@minLength(44)
param secretKeys string

@description('Server that takes e-mails, smtp://user:password@mail.example:587. Empty: none is sent.')
@secure()
param smtp string = ''

@description('Sender of e-mails, needed with a server.')
param mailFrom string = ''

@description('Bearer token with which a scraper reads the metrics of the fleet, 32 characters or more. Empty: signed-in administrators alone.')
@secure()
param metricsToken string = ''

@description('Collector of spans and metrics over OTLP/HTTP, for example http://collector.example:4318. Empty: none are sent.')
param otlpEndpoint string = ''

@description('Size of the database machine.')
param databaseSku string

@description('Tier that the size belongs to.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param databaseTier string

@description('Disk of the database in GB.')
param databaseStorageGb int

@description('Days that database backups are kept.')
param databaseBackupDays int

@description('Whether database, storage and containers are spread over zones. It cannot be changed for a container environment later.')
param zoneRedundant bool

@description('Most instances of a shard\'s Function App, or replicas of its worker. Database connections grow with it.')
@minValue(1)
@maxValue(100)
param maxInstances int

@description('Address space of the private network, a /16.')
param addressSpace string = '10.40.0.0/16'

@description('E-mail address that alerts go to.')
param alertEmail string

@description('Days that logs are kept.')
param logRetentionDays int

@description('Most that the logs may take in a day, in GB; -1 for no limit.')
param logDailyQuotaGb int

@description('Messages that may wait in the queues before people are told.')
param waitingMessages int

@description('Failures within 15 minutes that people are not told.')
param quietFailures int

var unique = take(uniqueString(resourceGroup().id, shards[0]), 8)
// The first stays the first: its account holds the manifests.
var allShards = concat(shards, drainingShards)
var shardUnique = [for shard in allShards: take(uniqueString(resourceGroup().id, shard), 8)]

module network 'network.bicep' = {
  name: 'network'
  params: {
    prefix: prefix
    location: location
    addressSpace: addressSpace
  }
}

module identities 'identities.bicep' = {
  name: 'identities'
  params: {
    prefix: prefix
    location: location
    shards: allShards
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  params: {
    prefix: prefix
    location: location
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
    alertEmail: alertEmail
    pipelinePrincipalIds: identities.outputs.pipelinePrincipalIds
  }
}

module vault 'vault.bicep' = {
  name: 'vault'
  params: {
    name: '${prefix}-${unique}'
    location: location
    workspaceId: monitoring.outputs.workspaceId
    fleetPrincipalId: identities.outputs.fleetPrincipalId
    pipelinePrincipalIds: identities.outputs.pipelinePrincipalIds
    secretKeys: secretKeys
    smtp: smtp
    metricsToken: metricsToken
  }
}

module database 'database.bicep' = {
  name: 'database'
  params: {
    name: '${prefix}-${unique}'
    location: location
    subnetId: network.outputs.databaseSubnetId
    zoneId: network.outputs.databaseZoneId
    vaultName: vault.outputs.name
    fleetPrincipalId: identities.outputs.fleetPrincipalId
    pipelinePrincipalIds: identities.outputs.pipelinePrincipalIds
    sku: databaseSku
    tier: databaseTier
    storageGb: databaseStorageGb
    backupDays: databaseBackupDays
    zoneRedundant: zoneRedundant
    password: databasePassword
    pipelinePassword: pipelineDatabasePassword
  }
}

module storage 'storage.bicep' = [for (shard, i) in allShards: {
  name: 'storage-${shard}'
  params: {
    shard: shard
    location: location
    accountName: take('${prefix}${shardUnique[i]}${shard}', 24)
    sku: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
    vaultName: vault.outputs.name
    fleetPrincipalId: identities.outputs.fleetPrincipalId
    pipelinePrincipalId: identities.outputs.pipelinePrincipalIds[i]
    manifestWriters: i == 0 ? identities.outputs.pipelinePrincipalIds : []
  }
}]

module containers 'environment.bicep' = {
  name: 'containers'
  params: {
    prefix: prefix
    location: location
    subnetId: network.outputs.containersSubnetId
    workspaceId: monitoring.outputs.workspaceId
    zoneRedundant: zoneRedundant
    registryName: registryName
    pullers: concat([ identities.outputs.fleetPrincipalId ], identities.outputs.pipelinePrincipalIds)
  }
}

module fleet 'fleet.bicep' = {
  name: 'fleet'
  params: {
    prefix: prefix
    location: location
    environmentId: containers.outputs.environmentId
    image: fleetImage
    registryServer: containers.outputs.registryServer
    identityId: identities.outputs.fleetId
    vaultUri: vault.outputs.uri
    databaseSecret: database.outputs.secretName
    pipelineDatabaseSecret: database.outputs.pipelineSecretName
    storageSecrets: [for (shard, i) in allShards: storage[i].outputs.secretName]
    keysSecret: vault.outputs.keysSecretName
    metricsSecret: empty(metricsToken) ? '' : vault.outputs.metricsSecretName
    shards: shards
    drainingShards: drainingShards
    // Container Apps' ingress stands in the environment's own subnet, and its proxies call from 100.100.0.0/17.
    trustedProxies: '100.100.0.0/17,${cidrSubnet(addressSpace, 23, 0)}'
  }
}

module functions 'functions.bicep' = [for (shard, i) in allShards: if (front == 'functions') {
  name: 'functions-${shard}'
  params: {
    name: '${prefix}-pipeline-${shard}-${unique}'
    location: location
    hostAccountName: '${prefix}h${shardUnique[i]}'
    shard: shard
    subnetId: network.outputs.functionsSubnetId
    identityId: identities.outputs.pipelineIds[i]
    identityPrincipalId: identities.outputs.pipelinePrincipalIds[i]
    identityClientId: identities.outputs.pipelineClientIds[i]
    vaultUri: vault.outputs.uri
    databaseSecret: database.outputs.pipelineSecretName
    accountName: storage[i].outputs.accountName
    manifestAccountName: storage[0].outputs.accountName
    keysSecret: vault.outputs.keysSecretName
    smtpSecret: empty(smtp) ? '' : vault.outputs.smtpSecretName
    mailFrom: mailFrom
    otlpEndpoint: otlpEndpoint
    insightsName: monitoring.outputs.insightsName
    maxInstances: maxInstances
  }
}]

module worker 'worker.bicep' = [for (shard, i) in allShards: if (front == 'worker') {
  name: 'worker-${shard}'
  params: {
    prefix: prefix
    location: location
    environmentId: containers.outputs.environmentId
    image: workerImage
    registryServer: containers.outputs.registryServer
    identityId: identities.outputs.pipelineIds[i]
    identityClientId: identities.outputs.pipelineClientIds[i]
    vaultUri: vault.outputs.uri
    databaseSecret: database.outputs.pipelineSecretName
    manifestAccountName: storage[0].outputs.accountName
    keysSecret: vault.outputs.keysSecretName
    shard: shard
    accountName: storage[i].outputs.accountName
    queues: storage[i].outputs.handledQueueNames
    smtpSecret: empty(smtp) ? '' : vault.outputs.smtpSecretName
    mailFrom: mailFrom
    otlpEndpoint: otlpEndpoint
    maxReplicas: maxInstances
  }
}]

module alerts 'alerts.bicep' = [for (shard, i) in allShards: {
  name: 'alerts-${shard}'
  params: {
    prefix: prefix
    location: location
    shard: shard
    appName: front == 'functions' ? '${prefix}-pipeline-${shard}-${unique}' : '${prefix}-worker-${shard}'
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    storageAccountId: storage[i].outputs.accountId
    common: i == 0
    databaseServerId: database.outputs.serverId
    fleetId: fleet.outputs.fleetId
    waitingMessages: waitingMessages
    quietFailures: quietFailures
  }
}]

output fleetUrl string = fleet.outputs.fleetUrl
output storageAccounts array = [for (shard, i) in allShards: storage[i].outputs.accountName]
output queues array = [for (shard, i) in allShards: storage[i].outputs.queueNames]

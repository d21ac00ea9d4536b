// The pipeline as an Azure Function App: Flex Consumption, custom handler. worker.bicep is the alternative.
@description('Name of the app, unique in the world.')
param name string

@description('Azure region.')
param location string

@description('Name of the account that the host keeps its locks and the package in, 3 to 24 lower-case letters or digits.')
@minLength(3)
@maxLength(24)
param hostAccountName string

@description('Shard whose queues the app serves.')
param shard string

@description('Subnet of the app.')
param subnetId string

@description('Resource id of the identity that the app runs as.')
param identityId string

@description('Principal id of that identity.')
param identityPrincipalId string

@description('Client id of that identity.')
param identityClientId string

@description('Address of the key vault, ending with a slash.')
param vaultUri string

@description('Name of the secret with the database connection string.')
param databaseSecret string

@description('Storage account of the shard. The app opens it with its identity.')
param accountName string

@description('Storage account that holds the manifests of all shards.')
param manifestAccountName string

@description('Name of the secret with the keys of sealed secrets.')
param keysSecret string

@description('Name of the secret with the mail server; empty for none.')
param smtpSecret string

@description('Sender of e-mails, needed with a server.')
param mailFrom string

@description('Collector of spans and metrics over OTLP/HTTP; empty for none.')
param otlpEndpoint string

@description('Application Insights component of this group.')
param insightsName string

@description('Most instances, 1 to 1000. Every instance opens its own database connections.')
@minValue(1)
@maxValue(1000)
param maxInstances int

// Storage Blob Data Owner, on the host's own account alone: the host keeps its locks and timer states there and reads its package.
var blobOwnerRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b')

var mailSettings = empty(smtpSecret) ? [] : [
  { name: 'HELDAR_SMTP', value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${smtpSecret})' }
  { name: 'HELDAR_MAIL_FROM', value: mailFrom }
]
var traceSettings = empty(otlpEndpoint) ? [] : [ { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: otlpEndpoint } ]

resource hostAccount 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: hostAccountName
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
  }
}

resource hostBlobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: hostAccount
  name: 'default'
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: hostBlobs
  name: 'packages'
}

resource appMayUseHostAccount 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostAccount.id, identityPrincipalId, blobOwnerRole)
  scope: hostAccount
  properties: {
    roleDefinitionId: blobOwnerRole
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${name}-plan'
  location: location
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: subnetId
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostAccount.properties.primaryEndpoints.blob}${packages.name}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: { maximumInstanceCount: maxInstances, instanceMemoryMB: 2048 }
      runtime: { name: 'custom', version: '1.0' }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      appSettings: concat([
        { name: 'AzureWebJobsStorage__accountName', value: hostAccount.name }
        { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
        { name: 'AzureWebJobsStorage__clientId', value: identityClientId }
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
        { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identityClientId};Authorization=AAD' }
        { name: 'HELDAR_SHARD', value: shard }
        { name: 'HELDAR_DATABASE', value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${databaseSecret})' }
        { name: 'AZURE_CLIENT_ID', value: identityClientId }
        // In parts, as the host wants it for a trigger without a secret; the program reads the first two as well.
        { name: 'HELDAR_STORAGE__queueServiceUri', value: 'https://${accountName}.queue.${environment().suffixes.storage}' }
        { name: 'HELDAR_STORAGE__blobServiceUri', value: 'https://${accountName}.blob.${environment().suffixes.storage}' }
        { name: 'HELDAR_STORAGE__credential', value: 'managedidentity' }
        { name: 'HELDAR_STORAGE__clientId', value: identityClientId }
        { name: 'HELDAR_MANIFEST_STORAGE', value: 'AccountName=${manifestAccountName};EndpointSuffix=${environment().suffixes.storage}' }
        { name: 'HELDAR_SECRET_KEYS', value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${keysSecret})' }
      ], mailSettings, traceSettings)
    }
  }
  dependsOn: [ appMayUseHostAccount ]
}

output appName string = app.name

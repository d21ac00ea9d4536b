// The key vault: connection strings live here and nowhere else. Programs get them by reference.
@description('Key vault name, 3 to 24 letters, digits or hyphens, unique in the world.')
@minLength(3)
@maxLength(24)
param name string

@description('Azure region.')
param location string

@description('Log Analytics workspace that keeps who read which secret.')
param workspaceId string

@description('Principal id of the fleet\'s identity.')
param fleetPrincipalId string

@description('Principal ids of the pipelines\' identities.')
param pipelinePrincipalIds array

@description('Keys that seal the secrets of webhooks in the database: each 32 bytes as base64, separated by commas. The first seals, all open.')
@secure()
@minLength(44)
param secretKeys string

@description('Server that takes e-mails, with user and password; empty for none.')
@secure()
param smtp string

@description('Bearer token for the metrics of the fleet; empty for none.')
@secure()
param metricsToken string

// Key Vault Secrets User: may read secret values, may not list, write or delete.
var secretsUserRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
  }
}

resource keys 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'secret-keys'
  properties: { value: secretKeys }
}

// Each program reads the secrets that it needs, one by one.
resource allMayReadKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for reader in concat([ fleetPrincipalId ], pipelinePrincipalIds): {
  name: guid(keys.id, reader, secretsUserRole)
  scope: keys
  properties: {
    roleDefinitionId: secretsUserRole
    principalId: reader
    principalType: 'ServicePrincipal'
  }
}]

// A secret has no empty value: a blank stands for none, and no program is given it.
resource mail 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'smtp'
  properties: { value: empty(smtp) ? ' ' : smtp }
}

resource pipelinesMayReadMail 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for pipeline in pipelinePrincipalIds: {
  name: guid(mail.id, pipeline, secretsUserRole)
  scope: mail
  properties: {
    roleDefinitionId: secretsUserRole
    principalId: pipeline
    principalType: 'ServicePrincipal'
  }
}]

resource metrics 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'metrics-token'
  properties: { value: empty(metricsToken) ? ' ' : metricsToken }
}

resource fleetMayReadMetrics 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(metrics.id, fleetPrincipalId, secretsUserRole)
  scope: metrics
  properties: {
    roleDefinitionId: secretsUserRole
    principalId: fleetPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [ { category: 'AuditEvent', enabled: true } ]
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
output keysSecretName string = keys.name
output smtpSecretName string = mail.name
output metricsSecretName string = metrics.name

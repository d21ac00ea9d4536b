// Where logs, requests and metrics go, and who is told when an alert fires.
@description('Prefix of resource names.')
param prefix string

@description('Azure region.')
param location string

@description('Days that logs are kept, 30 to 730. Longer costs more.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Most that a day may take in, in GB; -1 for no limit. When it is reached, logs stop until the next day, and with them the alerts that read logs.')
param dailyQuotaGb int

@description('E-mail address that alerts go to.')
param alertEmail string

@description('Principal ids of the identities that the functions run as; they may write telemetry.')
param pipelinePrincipalIds array

// Monitoring Metrics Publisher: may write telemetry, may read nothing.
var metricsPublisherRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${prefix}-logs'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${prefix}-insights'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // Telemetry is taken from identities alone; the connection string is an address and no secret.
    DisableLocalAuth: true
  }
}

resource pipelinesMayPublish 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for pipeline in pipelinePrincipalIds: {
  name: guid(insights.id, pipeline, metricsPublisherRole)
  scope: insights
  properties: {
    roleDefinitionId: metricsPublisherRole
    principalId: pipeline
    principalType: 'ServicePrincipal'
  }
}]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-people'
  location: 'global'
  properties: {
    enabled: true
    groupShortName: take(prefix, 12)
    emailReceivers: [ { name: 'operators', emailAddress: alertEmail, useCommonAlertSchema: true } ]
  }
}

output workspaceId string = workspace.id
output insightsName string = insights.name
output actionGroupId string = people.id

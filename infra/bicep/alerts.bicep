// What people are woken for: dead letters (one rule per queue), lag, errors, and a database that fills up.
@description('Prefix of resource names.')
param prefix string

@description('Azure region.')
param location string

@description('Shard that is watched.')
param shard string

@description('Name of the shard\'s Function App or worker, as its logs name it.')
param appName string

@description('Log Analytics workspace with the logs of the programs.')
param workspaceId string

@description('Action group that is told.')
param actionGroupId string

@description('Resource id of the shard\'s storage account.')
param storageAccountId string

@description('Resource id of the database server.')
param databaseServerId string

@description('Resource id of the fleet\'s container app.')
param fleetId string

@description('Whether the alerts of fleet and database are made too: once for all shards.')
param common bool

@description('Messages that may wait in all queues of the account together, averaged over an hour.')
@minValue(1)
param waitingMessages int

@description('Failed or postponed messages within 15 minutes that are still quiet.')
@minValue(0)
param quietFailures int

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

// Both fronts write the same lines: the Function App to AppTraces, the worker to ContainerAppConsoleLogs. A table that does not exist yet counts as empty,
// so queries are not checked when a rule is made.
var lines = 'union isfuzzy=true (AppTraces | project TimeGenerated, Line = Message), (ContainerAppConsoleLogs | project TimeGenerated, Line = Log)'

// What the shard's own program wrote: most lines about faults name no queue.
var ownLines = 'union isfuzzy=true (AppTraces | where AppRoleName == "${appName}" | project TimeGenerated, Line = Message), (ContainerAppConsoleLogs | where ContainerAppName == "${appName}" | project TimeGenerated, Line = Log)'

resource deadLetters 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for queue in queueNames: {
  name: '${prefix}-dead-letters-${queue}-${shard}'
  location: location
  properties: {
    displayName: 'Dead letters of ${queue}-${shard}'
    description: 'A message or event of ${queue}-${shard} became a dead letter, or came through ${queue}-${shard}-poison. Inspect, mend and re-drive it.'
    severity: 2
    enabled: true
    scopes: [ workspaceId ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '${lines} | where Line matches regex "of ${queue}-${shard}(-poison)? (is a dead letter|became dead letters)"'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: [ actionGroupId ] }
  }
}]

resource errors 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${prefix}-errors-${shard}'
  location: location
  properties: {
    displayName: 'Error rate of shard ${shard}'
    description: 'Handlers crash, queues do not answer, the fold does not keep up, or messages go back more often than is quiet.'
    severity: 2
    enabled: true
    scopes: [ workspaceId ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '${ownLines} | where Line matches regex "(crashed on message|failed; the host will try again|cannot fetch from|goes back for attempt|cannot be folded|fold is behind)"'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: quietFailures
        }
      ]
    }
    actions: { actionGroups: [ actionGroupId ] }
  }
}

// Any shard's timer folds the hours of all boxes, so one rule reads all lines.
resource conflicts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = if (common) {
  name: '${prefix}-conflicts'
  location: location
  properties: {
    displayName: 'Segments with two forms'
    description: 'A segment came again under the same revision with another hash: a box is at fault, or somebody has its key. Both are kept; see the operations guide.'
    severity: 1
    enabled: true
    scopes: [ workspaceId ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '${lines} | where Line matches regex "(came again under the same revision with another hash)"'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: [ actionGroupId ] }
  }
}

// Azure counts the messages of an account once an hour: this finds queues that nobody empties. The scaler reacts within seconds and needs no alert.
resource lag 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${prefix}-lag-${shard}'
  location: 'global'
  properties: {
    description: 'More messages wait in shard ${shard} than the pipeline takes.'
    severity: 2
    enabled: true
    scopes: [ '${storageAccountId}/queueServices/default' ]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'waiting'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.Storage/storageAccounts/queueServices'
          metricName: 'QueueMessageCount'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: waitingMessages
        }
      ]
    }
    actions: [ { actionGroupId: actionGroupId } ]
  }
}

resource fleetErrors 'Microsoft.Insights/metricAlerts@2018-03-01' = if (common) {
  name: '${prefix}-fleet-errors'
  location: 'global'
  properties: {
    description: 'The fleet answers with 5xx.'
    severity: 2
    enabled: true
    scopes: [ fleetId ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'serverErrors'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.App/containerapps'
          metricName: 'Requests'
          dimensions: [ { name: 'statusCodeCategory', operator: 'Include', values: [ '5xx' ] } ]
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: quietFailures
        }
      ]
    }
    actions: [ { actionGroupId: actionGroupId } ]
  }
}

resource databaseFull 'Microsoft.Insights/metricAlerts@2018-03-01' = if (common) {
  name: '${prefix}-database-full'
  location: 'global'
  properties: {
    description: 'The database disk is more than 80 % full.'
    severity: 1
    enabled: true
    scopes: [ databaseServerId ]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'disk'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
          metricName: 'storage_percent'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: 80
        }
      ]
    }
    actions: [ { actionGroupId: actionGroupId } ]
  }
}

// The pipeline as a worker on Container Apps, scaled by KEDA's azure-queue scaler. functions.bicep is the alternative.
@description('Prefix of resource names.')
param prefix string

@description('Azure region.')
param location string

@description('Container Apps environment.')
param environmentId string

@description('Image with its tag, without the registry, for example heldar/worker:0.1.0.')
param image string

@description('Address of the registry, for example example.azurecr.io.')
param registryServer string

@description('Resource id of the identity that the worker runs as; the scaler counts messages with it.')
param identityId string

@description('Client id of that identity.')
param identityClientId string

@description('Address of the key vault, ending with a slash.')
param vaultUri string

@description('Name of the secret with the database connection string.')
param databaseSecret string

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

@description('Shard whose queues the worker serves.')
param shard string

@description('Storage account of the shard. The worker opens it with its identity.')
param accountName string

@description('Queues of the shard that the worker takes messages from, with their suffix.')
param queues array

@description('Most replicas, 1 to 100. Every replica opens its own database connections.')
@minValue(1)
@maxValue(100)
param maxReplicas int

@description('Messages of one queue that a replica handles at once, 1 to 64. It is also the queue length per replica that the scaler aims at.')
@minValue(1)
@maxValue(64)
param concurrency int = 24

var mailReferences = empty(smtpSecret) ? [] : [ { name: 'smtp', keyVaultUrl: '${vaultUri}secrets/${smtpSecret}', identity: identityId } ]
var mailVariables = empty(smtpSecret) ? [] : [
  { name: 'HELDAR_SMTP', secretRef: 'smtp' }
  { name: 'HELDAR_MAIL_FROM', value: mailFrom }
]
var traceVariables = empty(otlpEndpoint) ? [] : [ { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: otlpEndpoint } ]

resource worker 'Microsoft.App/containerApps@2025-01-01' = {
  name: '${prefix}-worker-${shard}'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: [ { server: registryServer, identity: identityId } ]
      secrets: concat([
        { name: 'database', keyVaultUrl: '${vaultUri}secrets/${databaseSecret}', identity: identityId }
        { name: 'keys', keyVaultUrl: '${vaultUri}secrets/${keysSecret}', identity: identityId }
      ], mailReferences)
    }
    template: {
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'worker'
          image: '${registryServer}/${image}'
          resources: { cpu: json('0.5'), memory: '1Gi' }
          env: concat([
            { name: 'HELDAR_SHARD', value: shard }
            { name: 'HELDAR_CONCURRENCY', value: string(concurrency) }
            { name: 'HELDAR_HEALTH_ADDRESS', value: '0.0.0.0' }
            { name: 'HELDAR_HEALTH_PORT', value: '8080' }
            { name: 'HELDAR_DATABASE', secretRef: 'database' }
            { name: 'AZURE_CLIENT_ID', value: identityClientId }
            { name: 'HELDAR_STORAGE', value: 'AccountName=${accountName};EndpointSuffix=${environment().suffixes.storage}' }
            { name: 'HELDAR_MANIFEST_STORAGE', value: 'AccountName=${manifestAccountName};EndpointSuffix=${environment().suffixes.storage}' }
            { name: 'HELDAR_SECRET_KEYS', secretRef: 'keys' }
          ], mailVariables, traceVariables)
          probes: [
            { type: 'Startup', httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 5, failureThreshold: 24 }
            { type: 'Liveness', httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10, failureThreshold: 3 }
            { type: 'Readiness', httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }
          ]
        }
      ]
      scale: {
        // Never none: the timers run in the worker, and it drains the poison queues.
        minReplicas: 1
        maxReplicas: maxReplicas
        rules: [for queue in queues: {
          name: queue
          azureQueue: { accountName: accountName, queueName: queue, queueLength: concurrency, identity: identityId }
        }]
      }
    }
  }
}

output workerId string = worker.id

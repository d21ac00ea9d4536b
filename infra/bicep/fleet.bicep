// The fleet service on Container Apps.
@description('Prefix of resource names.')
param prefix string

@description('Azure region.')
param location string

@description('Container Apps environment.')
param environmentId string

@description('Image with its tag, without the registry, for example heldar/fleet:0.1.0.')
param image string

@description('Address of the registry, for example example.azurecr.io.')
param registryServer string

@description('Resource id of the identity that the service runs as.')
param identityId string

@description('Address of the key vault, ending with a slash.')
param vaultUri string

@description('Name of the secret with the database connection string.')
param databaseSecret string

@description('Name of the secret with the connection string of the pipelines, whose role the fleet makes.')
param pipelineDatabaseSecret string

@description('Names of the secrets with the storage connection strings, one per shard, those that are emptied last; the first account also holds the manifests.')
param storageSecrets array

@description('Name of the secret with the keys of sealed secrets.')
param keysSecret string

@description('Name of the secret with the token for its metrics; empty for none.')
param metricsSecret string

@description('Shards that boxes are spread over.')
param shards array

@description('Shards that are only emptied.')
param drainingShards array

@description('Networks of the proxies in front of the service; their X-Forwarded-For is believed.')
param trustedProxies string

var allShards = concat(shards, drainingShards)
var storageReferences = [for (shard, i) in allShards: { name: 'storage-${shard}', keyVaultUrl: '${vaultUri}secrets/${storageSecrets[i]}', identity: identityId }]
var storageVariables = [for shard in allShards: { name: 'HELDAR_STORAGE_${shard}', secretRef: 'storage-${shard}' }]
var metricsReferences = empty(metricsSecret) ? [] : [ { name: 'metrics', keyVaultUrl: '${vaultUri}secrets/${metricsSecret}', identity: identityId } ]
var metricsVariables = empty(metricsSecret) ? [] : [ { name: 'HELDAR_METRICS_TOKEN', secretRef: 'metrics' } ]

resource fleet 'Microsoft.App/containerApps@2025-01-01' = {
  name: '${prefix}-fleet'
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
      ingress: { external: true, targetPort: 5080, transport: 'auto', allowInsecure: false }
      registries: [ { server: registryServer, identity: identityId } ]
      secrets: concat([
        { name: 'database', keyVaultUrl: '${vaultUri}secrets/${databaseSecret}', identity: identityId }
        { name: 'database-pipeline', keyVaultUrl: '${vaultUri}secrets/${pipelineDatabaseSecret}', identity: identityId }
        { name: 'keys', keyVaultUrl: '${vaultUri}secrets/${keysSecret}', identity: identityId }
      ], storageReferences, metricsReferences)
    }
    template: {
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'fleet'
          image: '${registryServer}/${image}'
          resources: { cpu: json('1.0'), memory: '2Gi' }
          env: concat([
            { name: 'HELDAR_FLEET_URLS', value: 'http://0.0.0.0:5080' }
            { name: 'HELDAR_PORTAL', value: '/app/portal' }
            { name: 'HELDAR_SHARDS', value: join(shards, ',') }
            { name: 'HELDAR_DRAINING_SHARDS', value: join(drainingShards, ',') }
            { name: 'HELDAR_TRUSTED_PROXIES', value: trustedProxies }
            { name: 'HELDAR_DATABASE', secretRef: 'database' }
            { name: 'HELDAR_PIPELINE_DATABASE', secretRef: 'database-pipeline' }
            { name: 'HELDAR_STORAGE', secretRef: 'storage-${shards[0]}' }
            { name: 'HELDAR_SECRET_KEYS', secretRef: 'keys' }
          ], storageVariables, metricsVariables)
          probes: [
            { type: 'Startup', httpGet: { path: '/healthz', port: 5080 }, periodSeconds: 5, failureThreshold: 24 }
            { type: 'Liveness', httpGet: { path: '/healthz', port: 5080 }, periodSeconds: 10, failureThreshold: 3 }
            { type: 'Readiness', httpGet: { path: '/readyz', port: 5080 }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }
          ]
        }
      ]
      // Replicas call each other by address to reach a box's tunnel, and Container Apps gives a replica none: one replica, started anew when it fails.
      scale: { minReplicas: 1, maxReplicas: 1 }
    }
  }
}

output fleetUrl string = 'https://${fleet.properties.configuration.ingress.fqdn}'
output fleetId string = fleet.id

// Values of the dev deployment. Secrets are read from the environment of the shell that deploys.
using 'main.bicep'

param prefix = 'heldardev'
param shards = [ '0' ]
param front = 'worker'

param registryName = readEnvironmentVariable('HELDAR_REGISTRY')
param fleetImage = 'heldar/fleet:0.1.0'
param workerImage = 'heldar/worker:0.1.0'

param databasePassword = readEnvironmentVariable('HELDAR_DATABASE_PASSWORD')
param pipelineDatabasePassword = readEnvironmentVariable('HELDAR_PIPELINE_DATABASE_PASSWORD')
param secretKeys = readEnvironmentVariable('HELDAR_SECRET_KEYS')
param smtp = readEnvironmentVariable('HELDAR_SMTP', '')
param mailFrom = readEnvironmentVariable('HELDAR_MAIL_FROM', '')
param metricsToken = readEnvironmentVariable('HELDAR_METRICS_TOKEN', '')
param databaseSku = 'Standard_B2s'
param databaseTier = 'Burstable'
param databaseStorageGb = 32
param databaseBackupDays = 7
param zoneRedundant = false

param maxInstances = 5

param alertEmail = readEnvironmentVariable('HELDAR_ALERT_EMAIL')
param logRetentionDays = 30
param logDailyQuotaGb = 1
param waitingMessages = 1000
param quietFailures = 20

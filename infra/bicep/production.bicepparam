// Values of the production deployment. Secrets are read from the environment of the shell that deploys.
using 'main.bicep'

param prefix = 'heldar'
param shards = [ '0' ]
param front = 'functions'

param registryName = readEnvironmentVariable('HELDAR_REGISTRY')
param fleetImage = 'heldar/fleet:0.1.0'
param workerImage = 'heldar/worker:0.1.0'

param databasePassword = readEnvironmentVariable('HELDAR_DATABASE_PASSWORD')
param pipelineDatabasePassword = readEnvironmentVariable('HELDAR_PIPELINE_DATABASE_PASSWORD')
param secretKeys = readEnvironmentVariable('HELDAR_SECRET_KEYS')
param smtp = readEnvironmentVariable('HELDAR_SMTP', '')
param mailFrom = readEnvironmentVariable('HELDAR_MAIL_FROM', '')
param metricsToken = readEnvironmentVariable('HELDAR_METRICS_TOKEN', '')
param databaseSku = 'Standard_D4ds_v5'
param databaseTier = 'GeneralPurpose'
param databaseStorageGb = 256
param databaseBackupDays = 35
param zoneRedundant = true

param maxInstances = 40

param alertEmail = readEnvironmentVariable('HELDAR_ALERT_EMAIL')
param logRetentionDays = 90
param logDailyQuotaGb = -1
param waitingMessages = 20000
param quietFailures = 50

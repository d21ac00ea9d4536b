// The private network: the database answers only inside it, the programs run in it.
@description('Prefix of resource names.')
param prefix string

@description('Azure region.')
param location string

@description('Address space of the network as a /16, for example 10.40.0.0/16; it must not meet networks that it will be joined with.')
param addressSpace string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: '${prefix}-network'
  location: location
  properties: {
    addressSpace: { addressPrefixes: [ addressSpace ] }
    subnets: [
      {
        name: 'containers'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 23, 0)
          delegations: [ { name: 'containers', properties: { serviceName: 'Microsoft.App/environments' } } ]
        }
      }
      {
        name: 'functions'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 24, 2)
          delegations: [ { name: 'functions', properties: { serviceName: 'Microsoft.App/environments' } } ]
        }
      }
      {
        name: 'database'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 24, 3)
          delegations: [ { name: 'database', properties: { serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers' } } ]
        }
      }
    ]
  }
}

resource databaseZone 'Microsoft.Network/privateDnsZones@2020-06-01' = {
  name: '${prefix}.private.postgres.database.azure.com'
  location: 'global'
}

resource databaseZoneLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = {
  parent: databaseZone
  name: 'network'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: network.id }
  }
}

output containersSubnetId string = '${network.id}/subnets/containers'
output functionsSubnetId string = '${network.id}/subnets/functions'
output databaseSubnetId string = '${network.id}/subnets/database'
output databaseZoneId string = databaseZone.id

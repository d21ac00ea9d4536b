using System.Net;
using Heldar.Fleet.Health;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;

namespace Heldar.Fleet.Tests.Health;

public sealed class HealthTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task Ready_IsReached_WhenDatabaseAndQueuesAreThere()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite, o => o with { Shards = ["h1"] });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));

        HttpResponseMessage response;
        while ((response = await fleet.GetAsync(null, "/readyz")).StatusCode is not HttpStatusCode.OK) await Task.Delay(50, limit.Token);

        Assert.Empty((await response.ReadAsync<Readiness>()).Causes);
    }

    [Fact]
    public async Task Ready_NamesEveryCause_WhenStorageAndSchemaAreMissing()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { Storage = "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://127.0.0.1:9" });
        await fleet.ExecuteAsync("drop table schema_version");

        using var response = await fleet.GetAsync(null, "/readyz");
        using var alive = await fleet.GetAsync(null, "/healthz");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (response.StatusCode, alive.StatusCode));
        Assert.Equal(2, (await response.ReadAsync<Readiness>()).Causes.Count);
    }
}

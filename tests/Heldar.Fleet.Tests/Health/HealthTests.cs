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
    public async Task Ready_TellsStrangersNoAddress()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { Database = "Host=127.0.0.1;Port=1;Database=heldar;Username=heldar;Password=hush", Storage = "AccountName=acct;AccountKey=AAAA;QueueEndpoint=http://127.0.0.1:1/a;BlobEndpoint=http://127.0.0.1:1/a" });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        string text;
        while (!(text = await (await fleet.GetAsync(null, "/readyz")).Content.ReadAsStringAsync()).Contains("queues", StringComparison.Ordinal) || text.Contains("not created yet", StringComparison.Ordinal)) await Task.Delay(50, limit.Token);

        Assert.Contains("the database does not answer", text, StringComparison.Ordinal);
        foreach (string secret in new[] { "127.0.0.1", ":1", "hush", "acct" }) Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
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

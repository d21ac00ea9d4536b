using Dapper;
using Heldar.Edge.Access;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Local.Processes;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Edge.Tests.Upkeep;

/// <summary>The database's size and its limit, with the paths and names that dashboards know.</summary>
public sealed class DatabaseApiTests : IAsyncLifetime
{
    private BoxFixture _box = null!;

    [Fact]
    public async Task Limit_IsTold_Changed_AndTakenBack()
    {
        var first = await _box.JsonAsync("GET", "/api/v1/system/db");
        Assert.Equal((4.0, 4L << 30, false, true), (first.GetProperty("max_db_gb").GetDouble(), first.GetProperty("max_db_bytes").GetInt64(), first.GetProperty("max_overridden").GetBoolean(), first.GetProperty("incremental").GetBoolean()));
        Assert.InRange(first.GetProperty("db_used_bytes").GetInt64(), 4096, first.GetProperty("db_bytes").GetInt64());

        var changed = await _box.JsonAsync("PUT", "/api/v1/system/db", new { max_db_gb = 0.5 });
        Assert.Equal((1L << 29, true), (changed.GetProperty("max_db_bytes").GetInt64(), changed.GetProperty("max_overridden").GetBoolean()));
        Assert.Equal(1L << 29, (await _box.JsonAsync("GET", "/api/v1/settings")).GetProperty("database").GetProperty("values").GetProperty("max_bytes").GetInt64());
        await _box.JsonAsync("PUT", "/api/v1/system/db", new { db_max_bytes = 1 << 20 });

        var back = await _box.JsonAsync("PUT", "/api/v1/system/db", """{"db_max_bytes":null}""");
        Assert.Equal((4L << 30, false), (back.GetProperty("max_db_bytes").GetInt64(), back.GetProperty("max_overridden").GetBoolean()));
    }

    [Theory]
    [InlineData("""{"max_db_gb":0}""")]
    [InlineData("""{"max_db_gb":-1}""")]
    [InlineData("""{"max_db_gb":1e300}""")]
    [InlineData("""{"max_db_gb":"much"}""")]
    [InlineData("""{"max_db_bytes":1.5}""")]
    [InlineData("""{"max_db_bytes":1048575}""")]
    [InlineData("""{"max_db_bytes":{}}""")]
    [InlineData("""{"max_db_gb":1,"max_db_bytes":1048576}""")]
    [InlineData("""{"size":1}""")]
    [InlineData("[]")]
    public async Task BadLimit_IsRefused_AndChangesNothing(string body)
    {
        Assert.Equal(400, (await _box.SendAsync("PUT", "/api/v1/system/db", body)).Status);
        Assert.False((await _box.JsonAsync("GET", "/api/v1/system/db")).GetProperty("max_overridden").GetBoolean());
    }

    [Theory]
    [InlineData("viewer", "GET", 200)]
    [InlineData("manager", "PUT", 403)]
    public async Task Limit_IsChangedByAdminsOnly(string role, string method, int status) =>
        Assert.Equal(status, (await _box.SendAsync(method, "/api/v1/system/db", method == "PUT" ? "{}" : null, _box.Key(UserEndpoints.ReadRole(role)!.Value))).Status);

    [Fact]
    public async Task DatabaseThatDoesNotShrink_IsConverted_WhileOthersWrite()
    {
        Assert.Equal("already-incremental", (await _box.JsonAsync("POST", "/api/v1/system/db/convert")).GetProperty("status").GetString());
        var store = _box.App.Services.GetRequiredService<BoxStore>();
        await store.RunAloneAsync(db => db.Execute("PRAGMA auto_vacuum = NONE; VACUUM"), TestContext.Current.CancellationToken);
        Assert.False((await _box.JsonAsync("GET", "/api/v1/system/db")).GetProperty("incremental").GetBoolean());

        Assert.Equal("started", (await _box.JsonAsync("POST", "/api/v1/system/db/convert")).GetProperty("status").GetString());
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "gate", url = "rtsp://127.0.0.1:1/a" }, 201);
        await Readiness.WaitAsync(
            "the database is converted", async _ => (await _box.JsonAsync("GET", "/api/v1/system/db")).GetProperty("incremental").GetBoolean(), TimeSpan.FromSeconds(30), null, TestContext.Current.CancellationToken);
        Assert.Equal("ok", await store.ReadAsync(db => db.ExecuteScalar<string>("PRAGMA integrity_check"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task WorkThatRunsAlone_KeepsItsPlace_AndFailsAlone()
    {
        var store = _box.App.Services.GetRequiredService<BoxStore>();
        var before = store.EnqueueAsync(db => db.Execute("CREATE TABLE place (at INTEGER)"), TestContext.Current.CancellationToken);
        var alone = store.RunAloneAsync(db => db.Execute("VACUUM; INSERT INTO place VALUES (1)"), TestContext.Current.CancellationToken);
        var wrong = store.RunAloneAsync(db => db.Execute("VACUUM nothing"), TestContext.Current.CancellationToken);
        var after = store.EnqueueAsync(db => db.Execute("INSERT INTO place VALUES ((SELECT max(at) + 1 FROM place))"), TestContext.Current.CancellationToken);
        await Task.WhenAll(before, alone, after);
        await Assert.ThrowsAsync<SqliteException>(() => wrong);
        var places = await store.ReadAsync(db => db.Query<long>("SELECT at FROM place ORDER BY at").ToList(), TestContext.Current.CancellationToken);
        Assert.Equal([1, 2], places);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();
}

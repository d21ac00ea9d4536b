using System.Text.Json;
using Dapper;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Cloud.Detections;
using Heldar.Cloud.Events;
using Heldar.Cloud.Migrations;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Detections;

/// <summary>A label that is seen rarely is found without reading what else was seen, however long the range; a common one without reading all that has it.</summary>
public sealed class DetectionLabelTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const int Days = 20;
    private const int ADay = 2000;

    private static readonly Instant End = Instant.FromUtc(2026, 11, 21, 0, 0);

    private readonly TestBox _box = new();
    private NpgsqlDataSource _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static EventQuery Query => new("main", End - Duration.FromDays(Days), End);

    public async ValueTask InitializeAsync()
    {
        _database = DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync());
        await Migrator.MigrateAsync(_database, Token);
        await _box.RegisterAsync(_database);
        var camera = await _box.AddCameraAsync(_database, "gate");
        await new DayPartitions(_database).EnsureAsync(DayTable.Detection, Enumerable.Range(1, Days).Select(d => DayTable.DayOf(End - Duration.FromDays(d))), Token);
        await using var connection = await _database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(
            """
            insert into detection (tenant, camera, day, event_id, box, at, task_type, labels, detections)
            select 'main', @camera, (at at time zone 'UTC')::date, n::text, @box, at, 'objects', array[label], jsonb_build_array(jsonb_build_object('label', label, 'confidence', 0.9))
            from (select n, @end - n * @days * interval '1 day' / @count - interval '1 second' as at, case when n % 8000 = 77 then 'bear' when n % 3 = 0 then 'car' else 'person' end as label
                from generate_series(0, @count - 1) n) d
            """,
            new { camera, box = _box.Id, end = End.ToDateTimeUtc(), days = Days, count = Days * ADay });
        await connection.ExecuteAsync("vacuum analyze detection");
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task RareLabel_IsFoundThroughItsIndex_AndNothingElseIsRead()
    {
        Assert.Equal(["77", "8077", "16077", "24077", "32077"], (await PageAsync("bear")).Select(i => i.Event));

        var plan = await PlanAsync("bear");
        Assert.Equal(Days, plan.Count(n => n.Index.Contains("labels", StringComparison.Ordinal)));
        Assert.DoesNotContain(plan, n => n.Kind is "Seq Scan" || n.Index.Contains("_at_", StringComparison.Ordinal));
        Assert.InRange(plan.Sum(n => n.Read), 1, 20);
    }

    [Fact]
    public async Task CommonLabel_IsReadFromTheNewestOn_AsFarAsThePageGoes()
    {
        Assert.Equal(200, (await PageAsync("person")).Count);

        var plan = await PlanAsync("person");
        Assert.DoesNotContain(plan, n => n.Index.Contains("labels", StringComparison.Ordinal) && n.Read > 0);
        Assert.InRange(plan.Sum(n => n.Read), 200, ADay);
    }

    [Fact]
    public async Task Label_IsPlannedForEachSearch_HoweverOftenAnotherWasAskedBefore()
    {
        for (var i = 0; i < 12; i++) await PageAsync("person");
        var before = await ReadAsync();
        await PageAsync("bear");

        // A plan that was made for any label would read a day or more here.
        Assert.InRange(await ReadAsync() - before, 0, ADay / 4);
    }

    private async Task<IReadOnlyList<Heldar.Contracts.Api.DetectionItem>> PageAsync(string label) => (await new DetectionSearch(_database).PageAsync(Query, new DetectionFilter([label]), null, 200, Token)).Items;

    /// <summary>Rows of detections that searches have read so far.</summary>
    private async Task<long> ReadAsync()
    {
        await using var connection = await _database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync("select pg_stat_force_next_flush()");
        await connection.ExecuteAsync("select 1");
        return await connection.ExecuteScalarAsync<long>("select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_all_tables where relname like 'detection\\_%'");
    }

    /// <summary>The scans of the statement that the search sends, with what they really read.</summary>
    private async Task<IReadOnlyList<Scan>> PlanAsync(string label)
    {
        var values = new DynamicParameters(new { Query.Tenant, Query.From, Query.To, limit = 201 });
        var sql = EventPages.Sql(DetectionSearch.Table, null, DetectionSearch.Filters(new DetectionFilter([label])), null, values);
        await using var connection = await _database.OpenConnectionAsync(Token);
        using var plan = JsonDocument.Parse((await connection.ExecuteScalarAsync<string>($"explain (analyze, format json) {sql}", values))!);
        return [.. Scans(plan.RootElement[0].GetProperty("Plan"))];
    }

    private static IEnumerable<Scan> Scans(JsonElement node)
    {
        var kind = node.GetProperty("Node Type").GetString()!;
        if (kind.EndsWith("Scan", StringComparison.Ordinal) && !(node.TryGetProperty("Alias", out var alias) && alias.GetString() is "c" or "page"))
        {
            var removed = node.TryGetProperty("Rows Removed by Filter", out var filtered) ? filtered.GetDouble() : 0;
            yield return new(kind, node.TryGetProperty("Index Name", out var index) ? index.GetString()! : "", (long)((node.GetProperty("Actual Rows").GetDouble() + removed) * node.GetProperty("Actual Loops").GetDouble()));
        }

        if (!node.TryGetProperty("Plans", out var below)) yield break;
        foreach (var scan in below.EnumerateArray().SelectMany(Scans)) yield return scan;
    }

    private sealed record Scan(string Kind, string Index, long Read);
}

using Dapper;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Cloud.Holds;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Contracts.Events;
using Heldar.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Index;

/// <summary>A database of its own with one camera, hours to fill, and a clock that only the test moves.</summary>
internal sealed class FoldScene : IAsyncDisposable
{
    public static readonly Instant Hour = Instant.FromUtc(2026, 11, 20, 22, 0);
    public static readonly Duration Length = Duration.FromSeconds(30);

    private FoldScene(NpgsqlDataSource database, string storage) => (Database, Manifests) = (database, new(storage));

    public NpgsqlDataSource Database { get; }

    public ManifestStore Manifests { get; }

    public ManualClock Clock { get; } = new(Hour + Duration.FromHours(7));

    public TestBox Box { get; } = new();

    public Guid Camera { get; private set; }

    public RecordingSearch Search => new(Database, Manifests);

    public SpanKey Key => new() { Tenant = "main", Camera = Camera, Box = Box.Id, Hour = Hour };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<FoldScene> CreateAsync(PostgresFixture postgres, AzuriteFixture azurite)
    {
        var scene = new FoldScene(DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync()), azurite.ConnectionString);
        await Migrator.MigrateAsync(scene.Database, Token);
        await IndexPartitions.EnsureAsync(scene.Database, scene.Clock.GetCurrentInstant(), Token);
        await scene.Box.RegisterAsync(scene.Database);
        scene.Camera = await scene.Box.AddCameraAsync(scene.Database, "gate");
        return scene;
    }

    public Task<FoldResult> FoldAsync(int maxHours = 2000, int maxChanged = 1000) =>
        new SpanFold(Database, Manifests, Clock, NullLogger<SpanFold>.Instance) { MaxHours = maxHours, MaxChanged = maxChanged }.RunAsync(Token);

    public List<SegmentData> Segments(int count, Instant? from = null, Guid? camera = null) => [.. Enumerable.Range(0, count).Select(i => TestBox.Segment(camera ?? Camera, (from ?? Hour) + (Length * i), Length))];

    public async Task LandAsync(IEnumerable<SegmentData> segments)
    {
        await using var batch = Database.CreateBatch();
        SegmentLanding.Append(batch, "main", Box.Id, Clock.GetCurrentInstant().InUtc().Date, [.. segments.Select(s => new LandingRow(Box.Id, s, Convert.FromHexString(s.Sha256), Convert.FromHexString(s.Root)))]);
        await batch.ExecuteNonQueryAsync(Token);
    }

    /// <summary>As a box's sweep tells it: from the begin of the first to just behind the begin of the last.</summary>
    public Task DeleteAsync(IReadOnlyList<SegmentData> segments, string reason = "age", Instant? at = null) => DeleteAsync(segments[0].Start, segments[^1].Start + Duration.FromMilliseconds(1), reason, at);

    public async Task DeleteAsync(Instant from, Instant to, string reason = "age", Instant? at = null)
    {
        await using var batch = Database.CreateBatch();
        Tombstones.Append(batch, "main", Guid.NewGuid().ToString(), at ?? Clock.GetCurrentInstant(), new FootageDeletedData { Camera = Camera, From = from, To = to, Reason = reason, Count = 2, Bytes = 5 });
        await batch.ExecuteNonQueryAsync(Token);
    }

    public async Task HoldAsync(Instant from, Instant to, Instant placed)
    {
        await using var batch = Database.CreateBatch();
        HoldStore.Append(batch, new BoxRecord("main", Box.Id, "depot"), placed, new HoldAppliedData { Hold = Guid.CreateVersion7(), Camera = Camera, From = from, To = to, Reason = "theft", Owner = "anna" });
        await batch.ExecuteNonQueryAsync(Token);
    }

    /// <summary>The starts of all that a search shows.</summary>
    public async Task<List<Instant>> ShownAsync(bool ofCamera = false) =>
        [.. (await Search.PageAsync(new RecordingQuery("main", Hour - Duration.FromDays(1), Hour + Duration.FromDays(2), Cameras: ofCamera ? [Camera] : null), null, 1000, Token)).Items.Select(i => i.Start)];

    /// <summary>Makes all manifests unreadable, as the index sees them.</summary>
    public Task LoseManifestsAsync() => ExecuteAsync("update span set root = decode(repeat('00', 32), 'hex')");

    public async Task ExecuteAsync(string sql, object? values = null)
    {
        await using var connection = await Database.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(sql, values);
    }

    public async Task<long> CountAsync(string table)
    {
        await using var connection = await Database.OpenConnectionAsync(Token);
        return await connection.ExecuteScalarAsync<long>($"select count(*) from {table}");
    }

    public async ValueTask DisposeAsync()
    {
        Box.Dispose();
        await Database.DisposeAsync();
    }
}

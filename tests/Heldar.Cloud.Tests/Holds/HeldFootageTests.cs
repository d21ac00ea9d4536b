using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Cloud.Holds;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Tests.Holds;

/// <summary>What a hold covers stays findable and provable, whatever its box reports as deleted; everything else goes as before.</summary>
public sealed class HeldFootageTests(PostgresFixture postgres, AzuriteFixture azurite) : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 20, 22, 0);
    private static readonly Duration Length = Duration.FromSeconds(30);
    private static readonly Duration Hour = Duration.FromHours(1);

    private readonly ManualClock _clock = new(Instant.FromUtc(2026, 11, 21, 5, 0));
    private readonly TestBox _box = new();
    private NpgsqlDataSource _database = null!;
    private RecordingSearch _search = null!;
    private SpanFold _fold = null!;
    private Guid _camera;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private BoxRecord Record => new("main", _box.Id, "depot");

    public async ValueTask InitializeAsync()
    {
        _database = DatabaseServiceCollectionExtensions.Create(await postgres.CreateDatabaseAsync());
        await Migrator.MigrateAsync(_database, Token);
        await IndexPartitions.EnsureAsync(_database, _clock.GetCurrentInstant(), Token);
        await _box.RegisterAsync(_database);
        _camera = await _box.AddCameraAsync(_database, "gate");
        var manifests = new ManifestStore(azurite.ConnectionString);
        (_search, _fold) = (new(_database, manifests), new(_database, manifests, _clock, NullLogger<SpanFold>.Instance));
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _database.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HeldFootage_KeepsItsRecordAndShowsIt_WhenItsBoxReportsItDeleted(bool foldedBefore)
    {
        var segments = Segments(10);
        await LandAsync(segments);
        var hold = await PlaceAsync(Start + Length + Length, Start + (Length * 4), Start + Hour);
        if (foldedBefore) await _fold.RunAsync(Token);

        await DeleteAsync(Start, Start + (Length * 10), Start + (Hour * 2));

        for (var folds = 0; folds < 3; folds++)
        {
            var found = await AllAsync();
            Assert.Equal(segments.Skip(2).Take(2).Select(s => s.Start), found.Select(i => i.Start));
            Assert.All(found, i => Assert.Equal((hold, (bool?)true), (Assert.Single(i.Holds!), i.Deleted)));
            Assert.Equal(segments[2].Sha256, (await _search.ProofAsync("main", _camera, segments[2].Start, Token))!.Sha256);
            await _fold.RunAsync(Token);
        }

        var listed = Assert.Single((await new HoldList(_database).PageAsync(new HoldQuery("main"), null, 10, Token)).Items);
        Assert.True(listed.Broken);
    }

    [Theory]
    [InlineData("end first")]
    [InlineData("deletion first")]
    [InlineData("deletion first, folded")]
    public async Task FootageOfAnEndedHold_Goes_InWhateverOrderTheyAreHeardOf(string order)
    {
        await LandAsync(Segments(4));
        var hold = await PlaceAsync(Start, Start + Hour, Start + Hour);
        await _fold.RunAsync(Token);
        if (order == "end first") await EndAsync(hold, Start + (Hour * 2));
        await DeleteAsync(Start, Start + (Length * 2), Start + (Hour * 3));
        if (order == "deletion first, folded")
        {
            await _fold.RunAsync(Token);
            Assert.Equal(4, (await AllAsync()).Count);
        }

        if (order != "end first") await EndAsync(hold, Start + (Hour * 2));

        await _fold.RunAsync(Token);
        var found = await AllAsync();
        Assert.Equal([Start + (Length * 2), Start + (Length * 3)], found.Select(i => i.Start));
        Assert.All(found, i => Assert.Equal((null, null), (i.Holds, i.Deleted)));
        Assert.Null(Assert.Single((await new HoldList(_database).PageAsync(new HoldQuery("main", Standing: false), null, 10, Token)).Items).Broken);
    }

    [Fact]
    public async Task LaterHold_BringsNothingBack_AndIsNotBroken()
    {
        await LandAsync(Segments(4));
        await DeleteAsync(Start, Start + (Length * 2), Start + Hour);
        var hold = await PlaceAsync(Start, Start + Hour, Start + (Hour * 2));

        for (var folds = 0; folds < 2; folds++)
        {
            var found = await AllAsync();
            Assert.Equal([Start + (Length * 2), Start + (Length * 3)], found.Select(i => i.Start));
            Assert.All(found, i => Assert.Equal((hold, null), (Assert.Single(i.Holds!), i.Deleted)));
            await _fold.RunAsync(Token);
        }
    }

    [Fact]
    public async Task Holds_AreASet_AndEachEndsAlone()
    {
        await LandAsync(Segments(3));
        Guid[] holds = [await PlaceAsync(Start, Start + Length, Start), await PlaceAsync(Start, Start + Hour, Start), await PlaceAsync(Start + Length, Start + Hour, Start)];

        Assert.Equal<HashSet<Guid>>([[holds[0], holds[1]], [holds[1], holds[2]], [holds[1], holds[2]]], (await AllAsync()).Select(i => i.Holds!.ToHashSet()));
        await EndAsync(holds[1], Start + Hour);
        await PlaceAsync(Start, Start + Hour, Start, holds[1]);

        Assert.Equal<HashSet<Guid>>([[holds[0]], [holds[2]], [holds[2]]], (await AllAsync()).Select(i => i.Holds!.ToHashSet()));
        // The hold of another tenant's camera with the same uid is nobody's business here.
        await using var batch = _database.CreateBatch();
        HoldStore.Append(batch, new BoxRecord("other", Guid.CreateVersion7(), "depot"), Start, Hold(Start, Start + Hour, Guid.CreateVersion7()));
        await batch.ExecuteNonQueryAsync(Token);
        Assert.Equal([1, 1, 1], (await AllAsync()).Select(i => i.Holds!.Count));
    }

    [Fact]
    public async Task Provenance_IsKeptAndShown_BeforeAndAfterTheFold_AndInTheProof()
    {
        var segments = Segments(4);
        segments[1] = segments[1] with { Provenance = FootageProvenance.Camera, Reason = "refilled" };
        segments[3] = segments[3] with { Provenance = FootageProvenance.Camera, Reason = "refilled" };
        await LandAsync(segments);

        for (var folds = 0; folds < 3; folds++)
        {
            Assert.Equal([null, FootageProvenance.Camera, null, FootageProvenance.Camera], (await AllAsync()).Select(i => i.Provenance));
            Assert.Equal(FootageProvenance.Camera, (await _search.ProofAsync("main", _camera, segments[1].Start, Token))!.Provenance);
            Assert.Null((await _search.ProofAsync("main", _camera, segments[2].Start, Token))!.Provenance);
            await _fold.RunAsync(Token);
        }
    }

    private List<SegmentData> Segments(int count) => [.. Enumerable.Range(0, count).Select(i => TestBox.Segment(_camera, Start + (Length * i), Length))];

    private HoldAppliedData Hold(Instant from, Instant to, Guid id) => new() { Hold = id, Camera = _camera, From = from, To = to, Reason = "theft", Owner = "anna" };

    private async Task<Guid> PlaceAsync(Instant from, Instant to, Instant placed, Guid? id = null)
    {
        var hold = id ?? Guid.CreateVersion7();
        await using var batch = _database.CreateBatch();
        HoldStore.Append(batch, Record, placed, Hold(from, to, hold));
        await batch.ExecuteNonQueryAsync(Token);
        return hold;
    }

    private async Task EndAsync(Guid hold, Instant at)
    {
        await using var batch = _database.CreateBatch();
        HoldStore.Append(batch, Record, new HoldReleasedData { HoldId = hold, Camera = _camera, ReleasedAt = at, ReleasedBy = "anna", Reason = HoldEnd.Released });
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task LandAsync(IReadOnlyList<SegmentData> segments)
    {
        var rows = segments.Select(s => LandingRow.Check(s, _clock.GetCurrentInstant(), out var sha, out var root) is null ? new LandingRow(_box.Id, s, sha, root) : throw new InvalidOperationException("bad test data")).ToList();
        await using var batch = _database.CreateBatch();
        SegmentLanding.Append(batch, "main", _box.Id, _clock.GetCurrentInstant().InUtc().Date, rows);
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task DeleteAsync(Instant from, Instant to, Instant at)
    {
        await using var batch = _database.CreateBatch();
        Tombstones.Append(batch, "main", Guid.NewGuid().ToString(), at, new FootageDeletedData { Camera = _camera, From = from, To = to, Reason = "age", Count = 5, Bytes = 5 });
        await batch.ExecuteNonQueryAsync(Token);
    }

    private async Task<IReadOnlyList<RecordingItem>> AllAsync() =>
        (await _search.PageAsync(new RecordingQuery("main", Start - Length, Start + Duration.FromDays(1)), null, 1000, Token)).Items;
}

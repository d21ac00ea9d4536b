using Dapper;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>A lost database, two recording volumes whose logs are long, and a mirror.</summary>
public sealed class SeveralLongLogs : MirrorBench
{
    private const int Hours = 12;
    private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _rests;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AllOfThemComeIn_WhileTheBoxRecordsAndMirrors()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Primary with { Path = Primary.Path + "2" }, Copy);
        for (var hour = 0; hour < Hours; hour++)
        {
            foreach (var writer in box.Writers.All) await writer.SealAsync(new SealRecord { Type = SealType.Noted, Standing = new StandingSeal([new StandingCamera(Camera.Uid, Camera.Slug)]) }, Cancellation);
            await RecordAsync(box, 50);
            box.Clock.Advance(Duration.FromHours(1));
        }

        await AllCopiedAsync(box, Hours);
        var before = await RowsAsync(box);
        Assert.All(box.Writers.All, w => Assert.Contains(Records(w.Volume.Root), r => r.Type == SealType.Closed));
        await box.StopAsync();
        box.LoseDatabase();
        box.Rebuilds = b => new IndexRebuild(b.Store, b.IndexWriter, NullLogger<IndexRebuild>.Instance) { ShortBytes = 0, GroupSize = 2, Rest = RestAsync };

        await box.StartAsync();
        await _paused.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.Equal(Camera.Uid, box.Cameras.Find(Camera.Slug));
        Assert.True(box.Store.IsFilling);
        Assert.False(box.Store.FilledAsync(Cancellation).IsCompleted);
        Assert.True((await box.SegmentsAsync(Camera.Uid)).Count < Hours);
        await RecordAsync(box, 50);
        Assert.True(box.Store.IsFilling);
        _goOn.SetResult();
        await box.Rebuild!.Work;

        Assert.False(box.Store.IsFilling);
        Assert.True(before.IsSubsetOf(await RowsAsync(box)));
        Assert.Equal(Hours + 1, (await box.SegmentsAsync(Camera.Uid)).Count);
        await WantAsync(box);
        await AllCopiedAsync(box, Hours + 1);
        foreach (var segment in await box.SegmentsAsync(Camera.Uid)) Assert.Equal(segment.Data.Sha256, await ShaAsync(Copy.Path, segment.RelativePath));
    }

    private static Task<HashSet<string>> RowsAsync(VolumesFixture box) =>
        box.Store.ReadAsync(db => db.Query<(string, string, string)>("SELECT id, volume, path FROM segment").Select(r => r.ToString()).ToHashSet(), Cancellation);

    private async ValueTask RestAsync(CancellationToken cancellation)
    {
        if (++_rests != 2) return;
        _paused.TrySetResult();
        await _goOn.Task.WaitAsync(cancellation);
    }
}

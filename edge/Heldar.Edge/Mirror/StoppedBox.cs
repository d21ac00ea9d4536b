using System.Runtime.CompilerServices;
using Heldar.Edge.Audit;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recovery;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary>The disks and the index of a box that does not run, opened and put in order as at a start: salvaged, reconciled, the mirror's seal log read. One caller at a time.</summary>
internal sealed class StoppedBox
{
    private const long BytesPerSecond = 1L << 30;
    private const int TellEvery = 1000;
    private readonly IServiceProvider _services;

    private StoppedBox(IServiceProvider services) => _services = services;

    /// <summary>Opens the box, works on it and closes it.</summary>
    /// <exception cref="DataFolderInUseException">It runs.</exception>
    /// <exception cref="IOException">A volume, or the mirror where it is needed, is not there.</exception>
    public static async Task<int> UseAsync(
        BoxSettings settings, Func<BoxSettings, Action<IServiceCollection>, WebApplication> build, bool needsMirror, Func<StoppedBox, Task<int>> work, CancellationToken cancellation)
    {
        using var folder = DataFolder.Take(settings.DataFolder);
        await using var app = build(settings, services => services.AddLogging(l => l.ClearProviders().AddSimpleConsole(o => o.SingleLine = true)
            .AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning)));
        var keeper = app.Services.GetRequiredService<VolumeKeeper>();
        try
        {
            await keeper.OpenAsync(cancellation);
            foreach (var away in keeper.Status.Where(v => v.Fault != VolumeFault.None && v.Role == VolumeRole.Primary)) throw new IOException(away.Cause);
            await app.Services.GetRequiredService<IndexReconciler>().RunAsync(cancellation);
            if (app.Services.GetRequiredService<VolumeSet>().Mirror is { } mirror) await app.Services.GetRequiredService<MirrorReplay>().RunAsync(mirror, cancellation);
            else if (needsMirror) throw new IOException(keeper.Status.FirstOrDefault(v => v.Role == VolumeRole.Mirror)?.Cause ?? $"{settings.File} names no volume with the role mirror");
            return await work(new StoppedBox(app.Services));
        }
        finally
        {
            await keeper.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>The segments that are meant.</summary>
    public async IAsyncEnumerable<Guid> SelectAsync(IReadOnlyList<Guid> named, bool damaged, bool lost, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = _services.GetRequiredService<IStoreReader>();
        foreach (var id in named) yield return id;
        if (damaged)
        {
            foreach (var damage in await reader.ReadAsync(db => ScrubRows.Damages(db, int.MaxValue), cancellation))
                if (damage is { Side: "primary", Repaired: null }) yield return damage.Segment;
        }

        if (!lost) yield break;
        var (index, volumes) = (_services.GetRequiredService<SegmentIndex>(), _services.GetRequiredService<VolumeSet>());
        var position = "";
        while (await reader.ReadAsync(db => ScrubRows.Next(db, position), cancellation) is { } next)
        {
            position = SegmentIndex.Text(next.Id);
            if (await index.FindByIdAsync(next.Id, cancellation) is { } segment && !(volumes.Find(segment.Volume)?.Resolve(segment.RelativePath) is { } file && VerifiedFile.IsFile(file))) yield return next.Id;
        }
    }

    public Task<RestoreOutcome> RestoreAsync(Guid segment, CancellationToken cancellation) => _services.GetRequiredService<Restorer>().RestoreAsync(segment, AuditActors.Command, cancellation);

    /// <summary>One whole round.</summary>
    public async Task<(long Segments, long Bytes, long Found, long Open)> ScrubAsync(Action<string> tell, CancellationToken cancellation)
    {
        var (scrubber, reader, now) = (_services.GetRequiredService<Scrubber>(), _services.GetRequiredService<IStoreReader>(), _services.GetRequiredService<IClock>().GetCurrentInstant());
        await scrubber.RestartAsync(cancellation);
        var before = await reader.ReadAsync(ScrubRows.Mark, cancellation);
        var pace = new Pace(BytesPerSecond);
        for (var looked = 1L; await scrubber.StepAsync(pace, cancellation); looked++)
            if (looked % TellEvery == 0) tell($"{looked} segments");
        var (after, found, open) = await reader.ReadAsync(db => (ScrubRows.Mark(db), ScrubRows.FoundSince(db, now), ScrubRows.Open(db)), cancellation);
        return (after.Segments - before.Segments, after.Bytes - before.Bytes, found, open);
    }
}

using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;

namespace Heldar.Edge.Recovery;

/// <summary>
/// Brings the index up to the seal logs before cameras start: from the marked hour on, or from the beginning when the database is new. Nothing is hashed again. Where that would
/// take long, cameras get what they need at once, and <see cref="IndexRebuild"/> does the rest while they record.
/// </summary>
internal sealed partial class IndexReconciler(
    VolumeWriters volumes, IStoreReader reader, IStoreWriter store, IOutbox outbox, KnownCameras cameras, StandingLedger standing, IEnumerable<ISealReplay> replays, ILogger<IndexReconciler> log,
    IndexRebuild? rebuild = null) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SealApplier _applier = new(volumes, store, outbox, replays);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        List<SealsAhead> logs = [];
        foreach (var writer in volumes.All) logs.Add(await AheadAsync(writer.Volume, cancellationToken));
        // One long log makes every volume wait: a segment may have moved from one to another, and all of it is applied in one order.
        if (rebuild is null || !logs.Any(rebuild.IsLong) || !await PrepareAsync(logs, cancellationToken))
        {
            await RunAsync(cancellationToken);
            return;
        }

        rebuild.Run(logs, _applier);
    }

    /// <summary>The whole of it at once, however long it takes.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (volumes.Mirror is { Volume: var mirror }) await LearnAsync(mirror, cancellation);
        foreach (var writer in volumes.All) await ReconcileAsync(writer.Volume, cancellation);
    }

    public Task StopAsync(CancellationToken cancellationToken) => rebuild?.StopAsync() ?? Task.CompletedTask;

    /// <summary>Brings the index up to the log of one volume; its writer must not run yet, or have written nothing.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="cancellation">Ends between records.</param>
    /// <param name="patience">How long one answer of the database may take; null for ever.</param>
    /// <exception cref="TimeoutException">The database does not answer.</exception>
    public async Task ReconcileAsync(Volume volume, CancellationToken cancellation, TimeSpan? patience = null)
    {
        var wait = patience ?? Timeout.InfiniteTimeSpan;
        var mark = await Task.Run(() => reader.ReadAsync(db => SegmentRows.ReadMark(db, volume.Id), cancellation), cancellation).WaitAsync(wait, cancellation);
        var seals = new SealReader(volume.Root);
        List<SealEntry> group = new(SealApplier.GroupSize);
        var applied = 0;
        foreach (var entry in seals.Read(mark, cancellation, SealReader.NoFragments))
        {
            if (entry.Record.Opened is { } opened) cameras.Learn(opened.Slug, opened.Camera);
            if (!SealApplier.IsOfIndex(entry.Record) && !_applier.IsReplayed(entry.Record)) continue;
            group.Add(entry);
            if (group.Count == SealApplier.GroupSize) applied += await _applier.ApplyAsync(volume, group, mark: true, cancellation).WaitAsync(wait, cancellation);
        }

        applied += await _applier.ApplyAsync(volume, group, mark: true, cancellation).WaitAsync(wait, cancellation);
        if (applied > 0) LogApplied(volume.Root, applied);
        foreach (var problem in seals.Problems.Take(20)) LogProblem(volume.Root, problem.Hour, problem.Line, problem.What);
    }

    private async Task<SealsAhead> AheadAsync(Volume volume, CancellationToken cancellation)
    {
        // The writers exist, so every volume is salvaged and its log complete.
        var mark = await reader.ReadAsync(db => SegmentRows.ReadMark(db, volume.Id), cancellation);
        return await Task.Run(() => SealsAhead.Look(volume, mark), cancellation);
    }

    /// <summary>
    /// Takes from the newest files what cameras and the ledger of gaps need, without a mark: whose a folder is, what stands, and footage, so that what people look for first is there.
    /// Deletions and holds are not taken: a hold that was placed after a deletion would keep the row of what is gone, so they come in their order, later, and until then nothing is
    /// deleted. False when the logs do not say what stands.
    /// </summary>
    private async Task<bool> PrepareAsync(IReadOnlyList<SealsAhead> logs, CancellationToken cancellation)
    {
        // The newest uid of a slug wins: what a primary has comes behind what its mirror has.
        foreach (var volume in logs.Select(l => l.Volume).Prepend(volumes.Mirror?.Volume).OfType<Volume>()) await LearnAsync(volume, cancellation);
        List<(IReadOnlyList<string> Files, IReadOnlyList<SealEntry> Lines)> read = [];
        foreach (var ahead in logs) read.Add((ahead.Newest, await Task.Run(() => TakeNewestAsync(ahead, cancellation), cancellation)));
        if (!standing.TryTake(read, cameras.Learn))
        {
            LogWhole();
            return false;
        }

        rebuild!.Begin(logs);
        return true;
    }

    /// <summary>Answers the lines about the ledger.</summary>
    private async Task<IReadOnlyList<SealEntry>> TakeNewestAsync(SealsAhead ahead, CancellationToken cancellation)
    {
        List<SealEntry> ledger = [];
        if (ahead.Newest is not [var first, ..]) return ledger;
        List<SealEntry> group = new(SealApplier.GroupSize);
        foreach (var entry in new SealReader(ahead.Volume.Root).Read(first, cancellation, SealReader.NoFragments, ahead.End))
        {
            if (entry.Record.Opened is { } opened) cameras.Learn(opened.Slug, opened.Camera);
            var replayed = _applier.IsReplayed(entry.Record);
            if (replayed) ledger.Add(entry);
            if (!replayed && !SealApplier.IsSegment(entry.Record)) continue;
            group.Add(entry);
            if (group.Count == SealApplier.GroupSize) await _applier.ApplyAsync(ahead.Volume, group, mark: false, cancellation);
        }

        await _applier.ApplyAsync(ahead.Volume, group, mark: false, cancellation);
        return ledger;
    }

    /// <summary>The database is new: cameras must get the uids of their footage back before they are made, whatever the newest seals tell. A disk that hangs is not waited for.</summary>
    private async Task LearnAsync(Volume volume, CancellationToken cancellation)
    {
        if (await reader.ReadAsync(SegmentRows.AnyMark, cancellation)) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var token = limit.Token;
        var work = Task.Run(
            () =>
            {
                foreach (var (slug, camera) in CameraFolders.Read(volume, t => LogNotLearnt(volume.Root, t), token)) cameras.Learn(slug, camera);
            },
            CancellationToken.None);
        try
        {
            await work.WaitAsync(Patience, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            await limit.CancelAsync();
            LogNotLearnt(volume.Root, e.Message);
        }
    }

    [LoggerMessage(1503, LogLevel.Warning, "The index is far behind the seal logs, and their newest files do not say what stands: they are read as a whole before cameras start")]
    private partial void LogWhole();

    [LoggerMessage(1500, LogLevel.Information, "{Volume}: {Count} sealed records came into the index")]
    private partial void LogApplied(string volume, int count);

    [LoggerMessage(1502, LogLevel.Warning, "{Volume}: which cameras it has footage of could not be read, or not of all: {Error}")]
    private partial void LogNotLearnt(string volume, string error);

    [LoggerMessage(1501, LogLevel.Error, "{Volume}: seal log {Hour}, line {Line}: {What}")]
    private partial void LogProblem(string volume, string hour, int line, string what);
}

using System.Data.Common;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;

namespace Heldar.Edge.Recovery;

/// <summary>
/// Brings the index up to the seal log before cameras start: from the marked hour on, or from the beginning when the database is new. Nothing is hashed again.
/// Every record may be applied twice: the index takes only newer revisions, and the cloud the same event once.
/// </summary>
internal sealed partial class IndexReconciler(VolumeWriters volumes, IStoreReader reader, IStoreWriter store, IOutbox outbox, KnownCameras cameras, IEnumerable<ISealReplay> replays, ILogger<IndexReconciler> log) : IHostedService
{
    private const int GroupSize = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly IReadOnlyList<ISealReplay> _replays = [.. replays];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (volumes.Mirror is { Volume: var mirror } && await reader.ReadAsync(db => !SegmentRows.AnyMark(db), cancellationToken)) await LearnAsync(mirror, cancellationToken);
        // The writers exist, so every volume is salvaged and its log complete.
        foreach (var writer in volumes.All) await ReconcileAsync(writer.Volume, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

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
        List<SealEntry> group = new(GroupSize);
        var applied = 0;
        foreach (var entry in seals.Read(mark, cancellation, fragments: false))
        {
            if (entry.Record.Opened is { } opened) cameras.Learn(opened.Slug, opened.Camera);
            if (entry.Record is not ({ Type: SealType.Closed or SealType.Salvaged, Data: not null, Path: not null } or { Deleted: not null } or { Hold: not null }) && !_replays.Any(r => r.Takes(entry.Record))) continue;
            group.Add(entry);
            if (group.Count == GroupSize) applied += await ApplyAsync(volume, group, cancellation).WaitAsync(wait, cancellation);
        }

        applied += await ApplyAsync(volume, group, cancellation).WaitAsync(wait, cancellation);
        if (applied > 0) LogApplied(volume.Root, applied);
        foreach (var problem in seals.Problems.Take(20)) LogProblem(volume.Root, problem.Hour, problem.Line, problem.What);
    }

    /// <summary>The database is new: cameras whose footage only the mirror has must get their uids back before they are made. A mirror that hangs is not waited for.</summary>
    private async Task LearnAsync(Volume mirror, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var token = limit.Token;
        var work = Task.Run(
            () =>
            {
                foreach (var (slug, camera) in CameraFolders.Read(mirror, t => LogNotLearnt(mirror.Root, t), token)) cameras.Learn(slug, camera);
            },
            CancellationToken.None);
        try
        {
            await work.WaitAsync(Patience, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            await limit.CancelAsync();
            LogNotLearnt(mirror.Root, e.Message);
        }
    }

    private async Task<int> ApplyAsync(Volume volume, List<SealEntry> group, CancellationToken cancellation)
    {
        if (group.Count == 0) return 0;
        var changed = 0;
        var there = volumes.All.Select(w => w.Volume.Id).ToList();
        await store.EnqueueAsync(
            db =>
            {
                changed = 0;
                foreach (var (_, record) in group)
                {
                    foreach (var replay in _replays)
                        if (replay.Takes(record)) changed += replay.Apply(db, volume.Id, record);
                    if (record.Deleted is { } deleted) changed += SegmentRows.Delete(db, volume.Id, deleted, record.Segments);
                    else if (record.Hold is { } hold) changed += ApplyHold(db, volume, hold) ? 1 : 0;
                    else if (record is { Data: { } data, Path: { } path } && !IsGone(db, volume, data, path)
                        && (SegmentRows.Apply(db, outbox, volume.Id, path, data) || (File.Exists(volume.Resolve(path)) && SegmentRows.Settle(db, volume.Id, path, data, there)))) changed++;
                }

                SegmentRows.Mark(db, volume.Id, group[^1].Hour);
            },
            cancellation);
        group.Clear();
        return changed;
    }

    private bool ApplyHold(DbConnection db, Volume volume, HoldSeal hold)
    {
        var changed = HoldRows.Apply(db, outbox, new Hold(hold.Data, hold.Level, hold.Created, hold.Segment, hold.Released, hold.ReleasedBy, true));
        HoldRows.Sealed(db, hold.Data.Hold, volume.Id, hold.Released is not null);
        return changed;
    }

    /// <summary>Deleted footage that a later hold covers: its row could not be taken out again.</summary>
    private static bool IsGone(DbConnection db, Volume volume, SegmentData data, string path) =>
        HoldRows.Covers(db, data.Camera, data.Start, data.End) && !File.Exists(volume.Resolve(path));

    [LoggerMessage(1500, LogLevel.Information, "{Volume}: {Count} sealed records came into the index")]
    private partial void LogApplied(string volume, int count);

    [LoggerMessage(1502, LogLevel.Warning, "{Volume}: which cameras it has footage of could not be read, or not of all: {Error}")]
    private partial void LogNotLearnt(string volume, string error);

    [LoggerMessage(1501, LogLevel.Error, "{Volume}: seal log {Hour}, line {Line}: {What}")]
    private partial void LogProblem(string volume, string hour, int line, string what);
}

using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Media.SegmentNames;
using NodaTime;

namespace Heldar.Edge.Recovery;

/// <summary>What a sweep over one volume found.</summary>
/// <param name="Files">Files that are named as segments are.</param>
/// <param name="Moved">Those that nobody knows; they are in quarantine now.</param>
/// <param name="Others">What else lies among the recordings; it is left alone.</param>
/// <param name="Doubt">Why what nobody seems to know was left where it is; null when it was moved.</param>
internal sealed record OrphanResult(long Files, int Moved, long Others, string? Doubt);

/// <summary>
/// Invariant 8 while the box runs: a segment's file that neither the index nor any seal knows, and that nobody has written for hours, goes to quarantine. Never deletes, never follows
/// a link, touches no other name, and rests between folders. The whole seal log is read only when there is a suspect; where the log itself has a damaged line, that line may be
/// the one that knows it, and nothing is moved. One caller at a time.
/// </summary>
internal sealed partial class OrphanSweep(IStoreReader reader, IClock clock, ILogger<OrphanSweep> log)
{
    /// <summary>Most files that one sweep moves; the next one goes on.</summary>
    public const int MaxMoved = 256;

    /// <summary>A file is looked at when it began, and was written, longer ago.</summary>
    public static readonly Duration SafeAge = Duration.FromHours(2);
    private const int SealsBetweenRests = 10_000;
    private const int MaxSuspects = 10_000;
    private const int MaxProblems = 100;

    /// <summary>Looks at every recording of a volume.</summary>
    /// <param name="writer">The volume, and who seals on it.</param>
    /// <param name="rest">Waits a moment: called after each folder, and while seals are read.</param>
    /// <param name="cancellation">Ends between files.</param>
    public async Task<OrphanResult> RunAsync(VolumeWriter writer, Func<CancellationToken, ValueTask> rest, CancellationToken cancellation)
    {
        var (volume, files, others) = (writer.Volume, 0L, 0L);
        List<SegmentName> suspects = [];
        foreach (var folder in RecordingFolders.Of(volume))
        {
            files += folder.Segments.Count;
            others += folder.Others;
            suspects.AddRange((await UnknownAsync([.. folder.Segments.Where(s => s.Start < Old)], cancellation)).Where(s => IsOld(volume, s)));
            if (suspects.Count >= MaxSuspects) break;
            await rest(cancellation);
        }

        if (suspects.Count == 0) return new OrphanResult(files, 0, others, null);
        if (await UnsealAsync(volume, suspects, rest, cancellation) is { } doubt)
        {
            LogDoubt(volume.Root, suspects.Count, doubt);
            return new OrphanResult(files, 0, others, doubt);
        }

        // Reading took a while: what the index has learned since stays.
        var moved = (await UnknownAsync(suspects, cancellation)).Where(o => IsOld(volume, o)).Take(MaxMoved).Where(o => Move(volume, o)).Select(o => o.RelativePath).ToList();
        await SealAsync(writer, moved, cancellation);
        return new OrphanResult(files, moved.Count, others, null);
    }

    private async Task<List<SegmentName>> UnknownAsync(List<SegmentName> names, CancellationToken cancellation)
    {
        if (names.Count == 0) return [];
        var known = await reader.ReadAsync(db => SegmentRows.Known(db, names.Select(n => n.Id)), cancellation);
        return [.. names.Where(n => !known.Contains(n.Id))];
    }

    private Instant Old => clock.GetCurrentInstant() - SafeAge;

    /// <summary>It is still there, and nobody writes to it.</summary>
    private bool IsOld(Volume volume, SegmentName name)
    {
        try
        {
            return volume.Resolve(name.RelativePath) is { } full && new FileInfo(full) is { Exists: true } file && Instant.FromDateTimeUtc(file.LastWriteTimeUtc) < Old;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Takes those out that a seal knows; answers why the log cannot be believed, or null.</summary>
    private static async Task<string?> UnsealAsync(Volume volume, List<SegmentName> suspects, Func<CancellationToken, ValueTask> rest, CancellationToken cancellation)
    {
        var asked = suspects.Select(s => s.Id).ToHashSet();
        HashSet<Guid> known = [];
        var seals = new SealReader(volume.Root);
        // The newest line may be half written just now; it is about no file of hours ago.
        var newest = SealFiles.Hours(volume.Root) is [.., var last] ? last : null;
        var lines = 0;
        foreach (var (_, record) in seals.Read(null, cancellation))
        {
            known.UnionWith(Ids(record).Where(asked.Contains));
            // What was put away once and lies there again is unknown again.
            if (record is { Type: SealType.Quarantined or SealType.Discarded, Path: { } path } && SegmentName.TryParse(path, out var away)) known.Remove(away.Id);
            if (seals.Problems.Count > MaxProblems) break;
            if (++lines % SealsBetweenRests == 0) await rest(cancellation);
        }

        suspects.RemoveAll(s => known.Contains(s.Id));
        return seals.Problems.FirstOrDefault(p => p.Hour != newest || p.What != SealReader.Torn) is { } problem ? $"seal log {problem.Hour}, line {problem.Line}: {problem.What}" : null;
    }

    private static IEnumerable<Guid> Ids(SealRecord record)
    {
        if (record.Opened is { } opened) yield return opened.Segment;
        if (record.Fragments is { } fragments) yield return fragments.Segment;
        if (record.Data is { } data) yield return data.Segment;
        foreach (var deleted in record.Segments ?? []) yield return deleted;
    }

    private bool Move(Volume volume, SegmentName orphan)
    {
        try
        {
            Quarantine.SetAside(volume, orphan.RelativePath);
            LogMoved(volume.Root, orphan.RelativePath);
            RecoveryMetrics.Quarantined.Add(1);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(volume.Root, orphan.RelativePath, e.Message);
            return false;
        }
    }

    /// <summary>All at once, so that they share a sync. What a failing volume does not seal is in quarantine all the same.</summary>
    private async Task SealAsync(VolumeWriter writer, List<string> moved, CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(moved.Select(path => writer.SealAsync(Quarantine.Record(path, "neither the index nor a seal knows it"), cancellation)));
        }
        catch (IOException e)
        {
            LogUnsealed(writer.Volume.Root, moved.Count, e.Message);
        }
    }

    [LoggerMessage(1520, LogLevel.Warning, "{Volume}: moved {Path} to quarantine: neither the index nor a seal knows it")]
    private partial void LogMoved(string volume, string path);

    [LoggerMessage(1521, LogLevel.Error, "{Volume}: {Path} is unknown and cannot be moved to quarantine: {Error}")]
    private partial void LogFailed(string volume, string path, string error);

    [LoggerMessage(1525, LogLevel.Error, "{Volume}: {Count} files are in quarantine, but not every one is sealed: {Error}")]
    private partial void LogUnsealed(string volume, int count, string error);

    [LoggerMessage(1522, LogLevel.Error, "{Volume}: {Count} files seem to be unknown, but the seal log is damaged ({Doubt}): they stay; see heldar-edge fsck")]
    private partial void LogDoubt(string volume, int count, string doubt);
}

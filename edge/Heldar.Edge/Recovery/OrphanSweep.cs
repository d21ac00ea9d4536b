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
/// <param name="Salvaged">Files that a failing disk left open, and that are whole segments now.</param>
internal sealed record OrphanResult(long Files, int Moved, long Others, string? Doubt, int Salvaged = 0);

/// <summary>
/// Invariant 8 while the box runs: a segment's file that neither the index nor any seal knows, and that nobody has written for hours, goes to quarantine; one that was opened and never
/// closed, since a disk failed at the wrong moment, is salvaged; one that is closed in the log and missing in the index comes into it. Never deletes, never follows a link, touches no other name, and rests between folders. The whole seal log is read only when
/// there is a suspect; where the log itself has a damaged line, that line may be the one that knows it, and nothing is moved. One caller at a time.
/// </summary>
internal sealed partial class OrphanSweep(IStoreReader reader, IndexWriter index, IClock clock, ILogger<OrphanSweep> log)
{
    /// <summary>Most files that one sweep moves; the next one goes on.</summary>
    public const int MaxMoved = 256;

    /// <summary>A file is looked at when it began, and was written, longer ago.</summary>
    public static readonly Duration SafeAge = Duration.FromHours(2);
    private const int SealsBetweenRests = 10_000;
    private const int MaxSuspects = 10_000;
    private const int MaxProblems = 100;
    private const int MaxTold = 20;

    /// <summary>Looks at every recording of a volume.</summary>
    /// <param name="writer">The volume, and who seals on it.</param>
    /// <param name="rest">Waits a moment: called after each folder, and while seals are read.</param>
    /// <param name="cancellation">Ends between files.</param>
    public async Task<OrphanResult> RunAsync(VolumeWriter writer, Func<CancellationToken, ValueTask> rest, CancellationToken cancellation)
    {
        var (volume, files, others, unseen) = (writer.Volume, 0L, 0L, 0);
        List<SegmentName> suspects = [];
        foreach (var folder in RecordingFolders.Of(volume))
        {
            files += folder.Segments.Count;
            others += folder.Others.Count;
            if (folder.Trouble is { } why && unseen++ < MaxTold) LogUnseen(volume.Root, folder.Path, why);
            suspects.AddRange((await UnknownAsync([.. folder.Segments.Where(s => s.Start < Old)], cancellation)).Where(s => IsOld(volume, s)));
            if (suspects.Count >= MaxSuspects) break;
            if (folder.Segments.Count > 0) await rest(cancellation);
        }

        if (suspects.Count == 0) return new OrphanResult(files, 0, others, null);
        var (unclosed, missed, doubt) = await UnsealAsync(volume, suspects, rest, cancellation);
        foreach (var (hour, record) in missed)
        {
            index.Closed(volume, hour, record.Path!, record.Data!);
            LogMissed(volume.Root, record.Path!);
        }

        if (doubt is not null)
        {
            LogDoubt(volume.Root, suspects.Count + unclosed.Count, doubt);
            return new OrphanResult(files, 0, others, doubt);
        }

        // Reading took a while: what the index has learned since stays.
        var moved = (await UnknownAsync(suspects, cancellation)).Where(o => IsOld(volume, o)).Take(MaxMoved).Where(o => Move(volume, o)).Select(o => o.RelativePath).ToList();
        await SealAsync(writer, moved, cancellation);
        var salvaged = 0;
        foreach (var open in unclosed.Take(MaxMoved))
            if (await SalvageAsync(writer, open, cancellation)) salvaged++;
        return new OrphanResult(files, moved.Count, others, null, salvaged);
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

    /// <summary>Takes those out that a seal knows; answers which of them were never closed, which of them are closed, and why the log cannot be believed, or null.</summary>
    private static async Task<(IReadOnlyList<UnclosedSegment> Unclosed, IReadOnlyCollection<SealEntry> Missed, string? Doubt)> UnsealAsync(
        Volume volume, List<SegmentName> suspects, Func<CancellationToken, ValueTask> rest, CancellationToken cancellation)
    {
        // Somebody's copy may have the id of another file.
        var asked = suspects.ToLookup(s => s.Id);
        HashSet<Guid> known = [];
        Dictionary<Guid, SealEntry> closed = [];
        var opened = new OpenedSegments();
        var seals = new SealReader(volume.Root);
        // The newest line may be half written just now; it is about no file of hours ago.
        var newest = SealFiles.Hours(volume.Root) is [.., var last] ? last : null;
        var lines = 0;
        foreach (var entry in seals.Read(null, cancellation, asked.Contains))
        {
            var record = entry.Record;
            var about = Ids(record).Where(asked.Contains).ToList();
            known.UnionWith(about);
            if (about.Count > 0) opened.Take(record);
            if (record is { Type: SealType.Closed or SealType.Salvaged, Data: { } data, Path: { } at } && asked[data.Segment].Any(s => s.RelativePath == at)) closed[data.Segment] = entry;
            foreach (var gone in record.Segments ?? []) closed.Remove(gone);
            // What was put away once and lies there again is unknown again.
            if (record is { Type: SealType.Quarantined or SealType.Discarded, Path: { } path } && SegmentName.TryParse(path, out var away) && known.Remove(away.Id))
            {
                opened.Take(record);
                closed.Remove(away.Id);
            }

            if (seals.Problems.Count > MaxProblems) break;
            if (++lines % SealsBetweenRests == 0) await rest(cancellation);
        }

        suspects.RemoveAll(s => known.Contains(s.Id));
        var unclosed = opened.Unclosed.Where(o => asked[o.Opened!.Segment].Any(s => s.RelativePath == o.Path)).ToList();
        return (unclosed, closed.Values, seals.Problems.FirstOrDefault(p => p.Hour != newest || p.What != SealReader.Torn) is { } problem ? $"seal log {problem.Hour}, line {problem.Line}: {problem.What}" : null);
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

    /// <summary>Its file is cut to what is whole, the log gets it, and then the index; what fails is left for the next day.</summary>
    private async Task<bool> SalvageAsync(VolumeWriter writer, UnclosedSegment open, CancellationToken cancellation)
    {
        try
        {
            // Its opening is in the log, so that there is an hour; what comes behind it is read again by the next start.
            var hour = writer.Head!.Hour;
            var result = TailSalvage.Run(writer.Volume, open, cancellation);
            if (result.Seal is not { } seal) return false;
            await writer.SealAsync(seal, cancellation);
            if (result.Data is not { } data)
            {
                LogSetAside(writer.Volume.Root, open.Path, result.Cause!);
                return false;
            }

            index.Closed(writer.Volume, hour, open.Path, data);
            LogSalvaged(writer.Volume.Root, open.Path, data.Frames, result.LostBytes);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            LogNotSalvaged(writer.Volume.Root, open.Path, e.Message);
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

    [LoggerMessage(1526, LogLevel.Warning, "{Volume}: salvaged {Path}, which was opened and never closed: {Frames} frames, a torn tail of {Lost} bytes cut off")]
    private partial void LogSalvaged(string volume, string path, int frames, long lost);

    [LoggerMessage(1527, LogLevel.Warning, "{Volume}: moved {Path}, which was opened and never closed, to quarantine: {Cause}")]
    private partial void LogSetAside(string volume, string path, string cause);

    [LoggerMessage(1528, LogLevel.Error, "{Volume}: {Path} was opened and never closed, and cannot be salvaged now; the next day tries again: {Error}")]
    private partial void LogNotSalvaged(string volume, string path, string error);

    [LoggerMessage(1530, LogLevel.Warning, "{Volume}: {Path} is closed in the seal log and was missing in the index: it comes into it now")]
    private partial void LogMissed(string volume, string path);

    [LoggerMessage(1529, LogLevel.Warning, "{Volume}: folder {Folder} cannot be read, so nobody knows whether unknown files lie in it: {Cause}")]
    private partial void LogUnseen(string volume, string folder, string cause);
}

using System.Diagnostics;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Store;

namespace Heldar.Edge.Recovery;

/// <summary>
/// Fills the index from long seal logs while cameras record. The start has brought in what cameras need; this reads the logs up to where they ended then, and applies them in
/// their order with marks as it goes, exactly as a start with a short log does. Since every record may be applied twice, what came in early is only confirmed, and a process that
/// is killed goes on at the mark. Until it ends the database says <see cref="IStoreReader.IsFilling"/>: nobody else marks, and nothing is deleted. One task, ended by
/// <see cref="StopAsync"/>; what it says of itself is for anyone.
/// </summary>
internal sealed partial class IndexRebuild(BoxStore store, IndexWriter index, ILogger<IndexRebuild> log) : IAsyncDisposable
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>A disk that hangs is not waited for longer.</summary>
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(3);
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private volatile string? _problem;
    private int _files;
    private int _before;
    private int _here;
    private long _records;
    private long _told;

    /// <summary>Seal logs up to this length are read before cameras start: some 40,000 segments, or a few seconds.</summary>
    public long ShortBytes { get; init; } = 32 << 20;

    /// <summary>Records of one transaction.</summary>
    public int GroupSize { get; init; } = SealApplier.GroupSize;

    /// <summary>Called behind each group that was applied.</summary>
    public Func<CancellationToken, ValueTask> Rest { get; init; } = _ => ValueTask.CompletedTask;

    /// <summary>Ends when there is nothing more to do.</summary>
    public Task Work => _work;

    /// <summary>What people must know while it runs; null when it does not.</summary>
    public string? Warning => !store.IsFilling ? null :
        $"the index is being filled from the seal logs, {Done} of {_files} hours and {Interlocked.Read(ref _records)} records are done: cameras record; older footage and holds appear as they come, and nothing is deleted meanwhile"
        + (_problem is { } problem ? $". It does not go on now and is tried again: {problem}" : "");

    private int Done => Volatile.Read(ref _before) + Volatile.Read(ref _here);

    /// <summary>Whether a log is too long to be read before cameras start.</summary>
    public bool IsLong(SealsAhead ahead) => ahead.HasOlder && ahead.Bytes > ShortBytes;

    /// <summary>From now on nothing is deleted; called before cameras start.</summary>
    public void Begin(IReadOnlyList<SealsAhead> logs)
    {
        _files = logs.Sum(l => l.Files.Count);
        store.BeginFilling();
        LogBegan(logs.Sum(l => l.Bytes) >> 20, _files);
    }

    /// <summary>Begins to fill, in the background.</summary>
    public void Run(IReadOnlyList<SealsAhead> logs, SealApplier applier) => _work = Task.Run(() => RunAsync(logs, applier, _stop.Token), CancellationToken.None);

    /// <summary>Ends between two groups; what is left is done by the next start.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _work.WaitAsync(Ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_work.IsCompleted) _stop.Dispose();
    }

    private async Task RunAsync(IReadOnlyList<SealsAhead> logs, SealApplier applier, CancellationToken cancellation)
    {
        var started = _told = Stopwatch.GetTimestamp();
        try
        {
            foreach (var ahead in logs)
            {
                while (!await TryFillAsync(ahead, applier, cancellation)) await Task.Delay(RetryAfter, cancellation);
                Interlocked.Add(ref _before, ahead.Files.Count);
                Volatile.Write(ref _here, 0);
            }

            store.EndFilling();
            LogEnded(Interlocked.Read(ref _records), Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        catch (OperationCanceledException)
        {
            LogStopped(Done, _files);
        }
    }

    /// <summary>False when it must be tried again: nothing may be deleted by half of what is known.</summary>
    private async Task<bool> TryFillAsync(SealsAhead ahead, SealApplier applier, CancellationToken cancellation)
    {
        try
        {
            await FillAsync(ahead, applier, cancellation);
            _problem = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk failed, and its footage is out of reach: the others must not fill up for it. What its log says comes in at the next start, or when it is back.
            index.LeaveForRestart();
            LogLost(ahead.Volume.Root, e.Message);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (_problem is null) LogFailed(e, ahead.Volume.Root);
            _problem = e.Message;
            return false;
        }
    }

    private async Task FillAsync(SealsAhead ahead, SealApplier applier, CancellationToken cancellation)
    {
        var (volume, files) = (ahead.Volume, ahead.Files.ToList());
        var mark = await store.ReadAsync(db => SegmentRows.ReadMark(db, volume.Id), cancellation);
        var seals = new SealReader(volume.Root);
        List<SealEntry> group = new(GroupSize);
        foreach (var entry in seals.Read(mark, cancellation, SealReader.NoFragments, ahead.End))
        {
            if (!SealApplier.IsOfIndex(entry.Record) && !applier.IsReplayed(entry.Record)) continue;
            group.Add(entry);
            if (group.Count < GroupSize) continue;
            await ApplyAsync();
            await Rest(cancellation);
        }

        await ApplyAsync();
        foreach (var problem in seals.Problems.Take(20)) LogProblem(volume.Root, problem.Hour, problem.Line, problem.What);

        async Task ApplyAsync()
        {
            if (group.Count == 0) return;
            var (count, hour) = (group.Count, group[^1].Hour);
            await applier.ApplyAsync(volume, group, mark: true, cancellation);
            Interlocked.Add(ref _records, count);
            Volatile.Write(ref _here, Math.Max(0, files.BinarySearch(hour, StringComparer.Ordinal)));
            _problem = null;
            if (Stopwatch.GetElapsedTime(_told) < TellEvery) return;
            _told = Stopwatch.GetTimestamp();
            LogGoesOn(Done, _files, Interlocked.Read(ref _records));
        }
    }

    [LoggerMessage(1540, LogLevel.Warning, "The index is behind the seal logs by {MiB} MiB in {Files} files: cameras start now, and it is filled while they record; nothing is deleted meanwhile")]
    private partial void LogBegan(long miB, int files);

    [LoggerMessage(1541, LogLevel.Information, "Filling the index: {Done} of {Files} hours of the seal logs, {Records} records")]
    private partial void LogGoesOn(int done, int files, long records);

    [LoggerMessage(1542, LogLevel.Information, "The index has what the seal logs say: {Records} records in {Seconds:0.0} s")]
    private partial void LogEnded(long records, double seconds);

    [LoggerMessage(1543, LogLevel.Information, "Filling the index stopped at {Done} of {Files} hours of the seal logs; the next start goes on")]
    private partial void LogStopped(int done, int files);

    [LoggerMessage(1544, LogLevel.Error, "{Volume}: the index cannot be filled now; it is tried again")]
    private partial void LogFailed(Exception error, string volume);

    [LoggerMessage(1545, LogLevel.Error, "{Volume}: its seal log cannot be read, so the index lacks what it says until the next start: {Error}")]
    private partial void LogLost(string volume, string error);

    [LoggerMessage(1546, LogLevel.Error, "{Volume}: seal log {Hour}, line {Line}: {What}")]
    private partial void LogProblem(string volume, string hour, int line, string what);
}

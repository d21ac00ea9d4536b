using System.Diagnostics;
using System.Security.Cryptography;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>
/// Writes one volume on a thread of its own: hash, seal, one gathered write per fragment; once per interval one sync for all files, beside the writing; closing waits
/// for the disk, then seals. Posting never blocks: beyond the bound it says no, and the recorder drops its own media. Owns the volume's seal log.
/// </summary>
internal sealed partial class VolumeWriter : IAsyncDisposable
{
    /// <summary>A disk that does not answer for longer gets nothing more while another one does, and nobody waits longer for a seal.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Volume _volume;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly StorageOptions _options;
    private readonly SealLog _seals;
    private readonly ISegmentSink _sink;
    private readonly ILogger _log;
    private readonly FileSystemSync _sync;
    private readonly Lock _lock = new();
    private readonly Queue<Job> _queue = new(256);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IncrementalHash _fragmentHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly HashSet<SegmentFile> _open = [];
    private readonly List<SegmentFile> _closing = [];
    private readonly List<Sealing> _sealing = [];
    private readonly List<TaskCompletionSource> _told = [];
    private long _queuedBytes;
    private long _freeBytes;
    private bool _stopping;
    private bool _disposed;
    private long _written;
    private long _totalBytes;
    private long _probeAt;
    private bool _works;
    private long _beat = Stopwatch.GetTimestamp();
    private volatile Trouble? _trouble;
    private volatile SealHead? _head;

    /// <summary>It must be opened anew: whatever is written to it until then, nothing more of it is called durable by a sync.</summary>
    private bool Reopens => _trouble?.Fault.NeedsReopening() == true;

    public VolumeWriter(Volume volume, SealLog seals, ISegmentSink sink, StorageOptions options, ILogger<VolumeWriter> log)
    {
        var errors = options.Validate();
        if (errors.Count > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        (_volume, _seals, _sink, _options, _log) = (volume, seals, sink, options, log);
        (_freeBytes, _totalBytes) = volume.Space();
        _head = seals.Head;
        Name = volume.Id.ToString("N")[^8..];
        _sync = new FileSystemSync(volume.Root, Name, WakeUp);
        _tag = new("volume", Name);
        new Thread(Loop) { IsBackground = true, Name = "volume " + Name }.Start();
    }

    public Volume Volume => _volume;

    /// <summary>The volume's short name in metrics and thread lists: the last eight digits of its id.</summary>
    public string Name { get; }

    /// <summary>The newest failure of the volume; null while it works.</summary>
    public string? Failure => _trouble?.Text
        ?? (Silence is var silence && silence > Patience ? $"the disk has not answered for {silence.TotalSeconds:0} s: what is written to it waits, and beyond {_options.MaxQueuedBytes >> 20} MiB it is given up" : null);

    /// <summary>The kind of the newest failure; none while it works. A kind that needs reopening stays until the volume is opened by another writer.</summary>
    public VolumeFault Fault => _trouble?.Fault ?? (Silence > Patience ? VolumeFault.Silent : VolumeFault.None);

    /// <summary>How long the disk has not answered: a thread that works comes round within the sync interval.</summary>
    public TimeSpan Silence => _ended.Task.IsCompleted ? TimeSpan.Zero : Stopwatch.GetElapsedTime(Interlocked.Read(ref _beat));

    /// <summary>Opens copies of what this volume records; null for none.</summary>
    public ISegmentTee? Tee { get; init; }

    /// <summary>Called when the disk is full, on the volume's thread; must not block.</summary>
    public Action? Full { get; init; }

    /// <summary>Bytes of media written since it was opened.</summary>
    public long WrittenBytes => Interlocked.Read(ref _written);

    /// <summary>Size of the file system when it was last looked at.</summary>
    public long TotalBytes => Interlocked.Read(ref _totalBytes);

    /// <summary>The newest record of the seal log that would survive a power cut.</summary>
    public SealHead? Head => _head;

    /// <summary>Free bytes of the file system when it was last looked at, which is at every sync.</summary>
    public long FreeBytes => Interlocked.Read(ref _freeBytes);

    /// <summary>Media that waits, in bytes.</summary>
    public long QueuedBytes
    {
        get
        {
            lock (_lock) return _queuedBytes;
        }
    }

    /// <summary>
    /// Opens a segment; its head is written behind the caller's back. False when the writer is stopping or more than half full: a segment that cannot
    /// take its first fragments is of no use.
    /// </summary>
    public bool TryOpen(SegmentFile file)
    {
        if (!TryPost(new Job(JobKind.Open, file, null, null), media: true)) return false;
        file.Copy = Tee?.Open(file);
        return true;
    }

    /// <summary>Hands a fragment over; <paramref name="pool"/> gets the job back. False, and the job stays the caller's, when the writer is full or stopping.</summary>
    public bool TryWrite(SegmentFile file, FragmentJob job, FragmentPool pool)
    {
        if (file.Copy is not { } copy) return TryPost(new Job(JobKind.Write, file, job, pool), media: true);
        job.Share();
        if (TryPost(new Job(JobKind.Write, file, job, pool), media: true))
        {
            copy.Write(job, pool);
            return true;
        }

        job.Leave();
        return false;
    }

    /// <summary>Closes a segment behind what was posted for it; always accepted until the writer has ended.</summary>
    /// <param name="file">The segment.</param>
    /// <param name="end">Until when its last picture lasts, when the fragments do not say.</param>
    public bool TryClose(SegmentFile file, Instant end)
    {
        file.Copy?.Close(end);
        return TryPost(new Job(JobKind.Close, file, null, null, End: end), media: false);
    }

    /// <summary>Removes a copy that missed something, behind what was posted for it.</summary>
    public bool TryDiscard(SegmentFile file) => TryPost(new Job(JobKind.Discard, file, null, null), media: false);

    /// <summary>Seals something that is not a segment, such as a gap.</summary>
    public bool TrySeal(SealRecord record) => TryPost(new Job(JobKind.Seal, null, null, null, record), media: true);

    /// <summary>Seals something that is not a segment and waits until it would survive a power cut, for at most <see cref="Patience"/>.</summary>
    /// <exception cref="IOException">The volume failed, does not answer or is stopping; the record may or may not be in the log, now or later.</exception>
    public async Task SealAsync(SealRecord record, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // One that is silent is not waited for again and again, by whoever has many records.
        if (Fault == VolumeFault.Silent || !TryPost(new Job(JobKind.Seal, null, null, null, record, Done: done), media: true)) throw new IOException($"the writer of {_volume.Root} takes nothing");
        try
        {
            await done.Task.WaitAsync(Patience, cancellation);
        }
        catch (TimeoutException e)
        {
            throw new IOException($"{_volume.Root} did not seal within {Patience.TotalSeconds:0} s", e);
        }
    }

    /// <summary>Writes what was posted, closes every segment, and ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed) return;
            (_disposed, _stopping) = (true, true);
            Wake();
        }

        await _ended.Task;
        _fragmentHash.Dispose();
        _sync.Dispose();
        _seals.Dispose();
        _wake.Dispose();
    }

    private bool TryPost(in Job job, bool media)
    {
        lock (_lock)
        {
            if (_stopping) return false;
            var bytes = job.Fragment?.Bytes ?? 0;
            if (media && _queuedBytes + bytes > (job.Kind == JobKind.Open ? _options.MaxQueuedBytes / 2 : _options.MaxQueuedBytes))
            {
                StorageMetrics.Refused.Add(1, _tag);
                return false;
            }

            _queuedBytes += bytes;
            _queue.Enqueue(job);
            Wake();
        }

        return true;
    }

    private void WakeUp()
    {
        lock (_lock) Wake();
    }

    /// <summary>Under the lock, so that the count never passes one: a full semaphore would throw, and cost more than the fragment.</summary>
    private void Wake()
    {
        if (_wake.CurrentCount == 0) _wake.Release();
    }

    private void Loop()
    {
        var next = Stopwatch.GetTimestamp();
        var interval = (long)(_options.SyncInterval.TotalSeconds * Stopwatch.Frequency);
        try
        {
            while (true)
            {
                var wait = Math.Max(0, (next - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency);
                _wake.Wait((int)wait);
                var ended = Drain();
                if (!ended && Stopwatch.GetTimestamp() < next)
                {
                    // A closed segment is sealed at once: it is synced by itself and becomes searchable a second earlier.
                    if (_closing.Count > 0) Sync(all: false);
                    continue;
                }

                if (ended) _closing.AddRange(_open.Where(f => !_closing.Contains(f)).Select(f => FinishFile(f, Instant.MinValue)));
                Sync(all: true);
                if (ended) break;
                next = Stopwatch.GetTimestamp() + interval;
            }

            foreach (var done in _told) done.TrySetException(new IOException($"{_volume.Root} was closed before it was synced"));
        }
        catch (Exception e)
        {
            // A bug, not the disk: recorders see a writer that takes nothing more, and the keeper opens the volume anew.
            LogEnded(_log, e, _volume.Root);
            GiveUp(e);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    /// <summary>Does what is in the queue; true when the writer is stopping and nothing is left.</summary>
    private bool Drain()
    {
        while (true)
        {
            Job job;
            lock (_lock)
            {
                // While a sync lasts, only the disk's answer counts as a sign of life.
                if (!_sync.IsRunning) Interlocked.Exchange(ref _beat, Stopwatch.GetTimestamp());
                if (!_queue.TryDequeue(out job)) return _stopping;
                _queuedBytes -= job.Fragment?.Bytes ?? 0;
            }

            Do(job);
        }
    }

    /// <summary>What is wrong, told once for each kind.</summary>
    private sealed record Trouble(VolumeFault Fault, string Text);

    private enum JobKind
    {
        Open,
        Write,
        Close,
        Discard,
        Seal,
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Job(JobKind Kind, SegmentFile? File, FragmentJob? Fragment, FragmentPool? Pool, SealRecord? Record = null, Instant End = default, TaskCompletionSource? Done = null);
}

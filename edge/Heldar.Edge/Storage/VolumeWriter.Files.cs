using System.Diagnostics;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Storage;

internal sealed partial class VolumeWriter
{
    private void Do(in Job job)
    {
        var file = job.File;
        try
        {
            switch (job.Kind)
            {
                case JobKind.Open:
                    // An empty mount point would take the files just as well, and hide them when the disk is back.
                    if (!_volume.IsThere) throw new VolumeAwayException(_volume.Root);
                    _open.Add(file!);
                    file!.Open(_seals);
                    _works = true;
                    break;
                case JobKind.Write when !file!.Broken:
                    var started = Stopwatch.GetTimestamp();
                    file.Write(job.Fragment!, _seals, _fragmentHash);
                    StorageMetrics.FragmentWrite.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _tag);
                    StorageMetrics.Bytes.Add(job.Fragment!.Bytes, _tag);
                    Interlocked.Add(ref _written, job.Fragment!.Bytes);
                    break;
                case JobKind.Close when _open.Contains(file!) && !_closing.Contains(file!):
                    // One that failed closes with what it has, and whoever fed it may not know yet.
                    _closing.Add(FinishFile(file!, job.End));
                    break;
                case JobKind.Discard when _open.Remove(file!):
                    _closing.Remove(file!);
                    Discard(file!, "a part of the copy is missing");
                    break;
                case JobKind.Seal:
                    _seals.Append(job.Record!);
                    if (job.Done is { } done) _told.Add(done);
                    break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            job.Done?.TrySetException(e);
            if (file is null) Report(e);
            else Fail(file, e);
        }
        finally
        {
            if (job.Fragment is { } fragment) job.Pool!.Return(fragment);
        }
    }

    private void Fail(SegmentFile file, Exception error)
    {
        Report(error);
        file.Break(VolumeFaults.Of(error));
        file.Owner.Failed(file, error.Message);
        if (file.Length == 0)
        {
            file.Abandon();
            if (error is not LinkedPathException) RemoveEmpty(file);
            _open.Remove(file);
            file.Owner.Abandoned(file);
        }
        else if (!_closing.Contains(file))
        {
            _closing.Add(file);
        }
    }

    /// <summary>Not even a whole head reached the file: left behind, it would be a recording that nobody can read.</summary>
    private void RemoveEmpty(SegmentFile file)
    {
        try
        {
            File.Delete(file.FullPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next start puts it into quarantine.
            Report(e);
        }
    }

    private SegmentFile FinishFile(SegmentFile file, Instant end)
    {
        try
        {
            if (!file.Broken) file.Finish(_seals, end);
        }
        catch (IOException e)
        {
            Report(e);
            file.Break(VolumeFaults.Of(e));
        }

        return file;
    }

    /// <summary>One sync makes every fragment durable (unless only closed files are wanted); then the files that closed are sealed together.</summary>
    private void Sync(bool all)
    {
        try
        {
            // A file that no sync has seen yet may not even be in its folder.
            if (all || _closing.Any(f => f.DurableLength == 0))
            {
                SyncOpen();
                // One that was opened and closed while the disk was busy may still not be in its folder.
                if (_closing.Any(f => f.DurableLength == 0)) SyncOpen();
            }

            var closes = _closing.Count > 0;
            var started = Stopwatch.GetTimestamp();
            CloseFiles();
            SealClosed();
            if (closes) StorageMetrics.Seal.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _tag);
            Measure();
            if (_trouble is not null) TryAgain();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What was not sealed is tried again with the next sync.
            Report(e);
            TryMeasure();
        }
    }

    private void Measure()
    {
        var (free, total) = _volume.Space();
        Interlocked.Exchange(ref _freeBytes, free);
        Interlocked.Exchange(ref _totalBytes, total);
    }

    /// <summary>A disk that takes nothing, for it is full, tells how much room it has all the same.</summary>
    private void TryMeasure()
    {
        try
        {
            Measure();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is reported already.
        }
    }

    private void SyncOpen()
    {
        // After a failed write or sync the kernel may have dropped what it took, and the next sync would say nothing of it.
        if (Reopens) return;
        if (_open.Any(f => f.DurableLength != f.Length)) RunSync();
        foreach (var file in _open)
            if (file.MarkDurable()) file.Owner.Durable(file);
    }

    /// <summary>Media goes on reaching the files while the disk is busy: what a file has taken outlives this process, synced or not.</summary>
    private void RunSync()
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var file in _open) file.BeginSync();
        _sync.Begin();
        while (_sync.IsRunning)
        {
            _wake.Wait();
            Drain();
        }

        StorageMetrics.Sync.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _tag);
        _sync.ThrowIfFailed();
    }

    private void CloseFiles()
    {
        foreach (var file in _closing)
        {
            try
            {
                if (file.Frames == 0)
                {
                    Discard(file, "no fragment was written");
                }
                else
                {
                    if (Reopens && file.DurableLength == 0) throw new IOException($"{file.RelativePath} was opened just before its volume failed: it may not be in its folder");
                    using var span = StorageTraces.Close(file);
                    _sealing.Add(new Sealing(file, file.Close(), span?.Context ?? default));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // Recovery salvages it, when the volume is opened again or with its daily sweep: its digests are in the log.
                Report(e);
                file.Abandon(VolumeFaults.Of(e));
                file.Owner.Abandoned(file);
            }

            _open.Remove(file);
        }

        _closing.Clear();
    }

    /// <summary>Seals what is closed, and only then tells of it. What a full disk keeps out of the log stays in the list for the next sync.</summary>
    private void SealClosed()
    {
        if (Reopens)
        {
            AbandonClosed();
            return;
        }

        var refused = AppendClosed();
        _seals.Flush();
        // Before anybody hears of a record: whoever waited for one finds it in the head.
        _head = _seals.Head;
        // Whoever waits for a record that the log took must not wait for one that it did not: room may be made by that very one.
        foreach (var done in _told) done.TrySetResult();
        _told.Clear();
        List<Sealing> told = [.. _sealing.Where(i => i.Appended)];
        foreach (var (file, data, trace) in told)
        {
            using var span = trace == default ? null : StorageTraces.Seal(trace);
            _sink.Closed(_volume, _seals.Hour!, file.RelativePath, data);
            _sealing.RemoveAt(0);
            file.Owner.Closed(file);
        }

        if (told.Count > 0) StorageMetrics.Segments.Add(told.Count, _tag);
        if (refused is not null) throw refused;
    }

    /// <summary>
    /// Linux tells of a write that failed once: the log's next flush would say that all is well. Nobody is told that a record is on disk; the keeper opens the volume anew, and what
    /// its log really holds comes into the index then.
    /// </summary>
    private void AbandonClosed()
    {
        var (fault, text) = (_trouble!.Fault, _trouble.Text);
        foreach (var done in _told) done.TrySetException(new IOException($"{_volume.Root} failed before it was synced: {text}"));
        _told.Clear();
        foreach (var (file, _, _) in _sealing)
        {
            file.Abandon(fault);
            file.Owner.Abandoned(file);
        }

        _sealing.Clear();
    }

    private IOException? AppendClosed()
    {
        try
        {
            foreach (var item in _sealing.Where(i => !i.Appended))
            {
                _seals.Append(new SealRecord { Type = SealType.Closed, Path = item.File.RelativePath, Data = item.Data });
                item.Appended = true;
            }

            return null;
        }
        catch (IOException e)
        {
            return e;
        }
    }

    /// <summary>No fragment reached the file: there is nothing to keep, and an empty segment would be found but not play.</summary>
    private void Discard(SegmentFile file, string cause)
    {
        file.Abandon();
        File.Delete(file.FullPath);
        _seals.Append(new SealRecord { Type = SealType.Discarded, Path = file.RelativePath, Cause = cause });
        file.Owner.Abandoned(file);
    }

    /// <summary>
    /// A volume that failed works again when something was written, be it by a probe: nothing else may be sent to it meanwhile. One that must be opened anew does not, whatever
    /// was written since.
    /// </summary>
    private void TryAgain()
    {
        if (Reopens) return;
        if (!_works)
        {
            if (Stopwatch.GetTimestamp() < _probeAt) return;
            _volume.Probe();
        }

        LogWorksAgain(_log, _volume.Root);
        _trouble = null;
    }

    private void Report(Exception error)
    {
        StorageMetrics.Failures.Add(1, _tag);
        var fault = VolumeFaults.Of(error);
        if (_trouble?.Fault != fault) LogFailed(_log, error, _volume.Root, fault.Word());
        // What wants the volume opened anew is not covered by what comes after it.
        if (!Reopens || fault.NeedsReopening()) _trouble = new Trouble(fault, error.Message);
        (_works, _probeAt) = (false, Stopwatch.GetTimestamp() + Stopwatch.Frequency);
        if (fault == VolumeFault.Full) Full?.Invoke();
    }

    /// <summary>A bug ended the thread: nobody waits for ever for what it will not do, and recovery salvages the files.</summary>
    private void GiveUp(Exception error)
    {
        _trouble = new Trouble(VolumeFault.Ended, $"the writer of {_volume.Root} ended by an error: {error.Message}");
        var gone = new IOException(_trouble.Text, error);
        foreach (var done in _told) done.TrySetException(gone);
        List<Job> left;
        lock (_lock)
        {
            _stopping = true;
            left = [.. _queue];
            _queue.Clear();
            _queuedBytes = 0;
        }

        foreach (var job in left)
        {
            job.Done?.TrySetException(gone);
            if (job.Fragment is { } fragment) job.Pool!.Return(fragment);
        }

        HashSet<SegmentFile> files = [.. _open, .. _closing, .. _sealing.Select(s => s.File), .. left.Where(j => j.Kind == JobKind.Open).Select(j => j.File!)];
        foreach (var file in files)
        {
            try
            {
                file.Break(VolumeFault.Ended);
                file.Abandon(VolumeFault.Ended);
                file.Owner.Abandoned(file);
            }
            catch (Exception e)
            {
                // An owner may be what is wrong; the others are told all the same.
                LogEnded(_log, e, _volume.Root);
            }
        }
    }

    private sealed record Sealing(SegmentFile File, Heldar.Contracts.Events.SegmentData Data, ActivityContext Trace)
    {
        public bool Appended { get; set; }
    }
}

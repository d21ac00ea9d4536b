using Heldar.Edge.Seals;

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
                    _open.Add(file!);
                    file!.Open(_seals);
                    break;
                case JobKind.Write when !file!.Broken:
                    file.Write(job.Fragment!, _seals, _fragmentHash);
                    break;
                case JobKind.Close when _open.Contains(file!):
                    _closing.Add(FinishFile(file!));
                    break;
                case JobKind.Seal:
                    _seals.Append(job.Record!);
                    break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
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
        file.Break();
        file.Owner.Failed(file, error.Message);
        if (file.Length == 0)
        {
            file.Abandon();
            _open.Remove(file);
            file.Owner.Abandoned(file);
        }
        else if (!_closing.Contains(file))
        {
            _closing.Add(file);
        }
    }

    private SegmentFile FinishFile(SegmentFile file)
    {
        try
        {
            if (!file.Broken) file.Finish(_seals);
        }
        catch (IOException e)
        {
            Report(e);
            file.Break();
        }

        return file;
    }

    /// <summary>One sync makes every fragment durable (unless only closed files are wanted); then the files that closed are sealed together.</summary>
    private void Sync(bool all)
    {
        try
        {
            if (all)
            {
                if (_open.Any(f => f.DurableLength != f.Length)) _sync.Run();
                foreach (var file in _open)
                    if (file.MarkDurable()) file.Owner.Durable(file);
            }

            if (_closing.Count > 0) CloseFiles();
            else _seals.Flush();
            if (_failure is not null) LogWorksAgain(_log, _volume.Root);
            _failure = null;
            Interlocked.Exchange(ref _freeBytes, _volume.Space().Free);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What was not sealed stays in the list and is tried again with the next sync.
            Report(e);
        }
    }

    private void CloseFiles()
    {
        var closed = new List<(SegmentFile File, Heldar.Contracts.Events.SegmentData Data)>(_closing.Count);
        foreach (var file in _closing)
        {
            try
            {
                closed.Add((file, file.Close()));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // Start-up salvages it: its digests are in the log.
                Report(e);
                file.Abandon();
                _open.Remove(file);
                file.Owner.Abandoned(file);
            }
        }

        _closing.Clear();
        foreach (var (file, data) in closed)
        {
            _open.Remove(file);
            _seals.Append(new SealRecord { Type = SealType.Closed, Path = file.RelativePath, Data = data });
        }

        _seals.Flush();
        foreach (var (file, data) in closed)
        {
            _sink.Closed(_volume, _seals.Hour!, file.RelativePath, data);
            file.Owner.Closed(file);
        }
    }

    private void Report(Exception error)
    {
        if (_failure is null) LogFailed(_log, error, _volume.Root);
        _failure = error.Message;
    }
}

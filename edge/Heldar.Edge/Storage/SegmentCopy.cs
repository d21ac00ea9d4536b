namespace Heldar.Edge.Storage;

/// <summary>Opens a copy beside a segment. Called on the ingest thread; must not block.</summary>
internal interface ISegmentTee
{
    /// <summary>The copy that gets all that the segment gets; null for none.</summary>
    SegmentCopy? Open(SegmentFile original);
}

/// <summary>
/// The copy of a running segment on another volume, whose own thread writes it: the same fragments in the same memory. A copy that misses one is given up, and the
/// closed segment is copied later. One caller at a time.
/// </summary>
internal sealed class SegmentCopy(VolumeWriter writer, SegmentFile file)
{
    private bool _lost;

    /// <summary>Hands a fragment over that was shared before; the copy gives its share back.</summary>
    public void Write(FragmentJob job, FragmentPool pool)
    {
        if (!_lost && !file.Broken && writer.TryWrite(file, job, pool)) return;
        pool.Return(job);
        Discard();
    }

    /// <summary>The segment ends.</summary>
    public void Close(NodaTime.Instant end)
    {
        if (!_lost) writer.TryClose(file, end);
    }

    /// <summary>It is of no use any more.</summary>
    public void Discard()
    {
        if (_lost) return;
        _lost = true;
        writer.TryDiscard(file);
    }
}

namespace Heldar.Edge.Storage;

/// <summary>Told what became of a segment. Called on the volume's thread; must not block.</summary>
internal interface ISegmentOwner
{
    /// <summary>Everything up to <see cref="SegmentFile.DurableLength"/> would survive a power cut.</summary>
    void Durable(SegmentFile file);

    /// <summary>The file is closed and sealed.</summary>
    void Closed(SegmentFile file);

    /// <summary>The volume failed; the file takes nothing more and is closed with what it has.</summary>
    void Failed(SegmentFile file, string error);

    /// <summary>The file will not be closed by this process; recovery salvages what it has.</summary>
    void Abandoned(SegmentFile file);
}

/// <summary>Takes closed segments to the index. Called on the volume's thread; must not block.</summary>
internal interface ISegmentSink
{
    void Closed(Volume volume, string sealHour, string relativePath, Heldar.Contracts.Events.SegmentData data);
}

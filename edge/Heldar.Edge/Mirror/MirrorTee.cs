using Heldar.Edge.Storage;

namespace Heldar.Edge.Mirror;

/// <summary>Opens the copy of a segment on the mirror, when its camera is mirrored and the mirror works. Thread-safe; never blocks.</summary>
internal sealed class MirrorTee(MirrorPolicy policy, VolumeWriters writers, MirrorBook book) : ISegmentTee
{
    public SegmentCopy? Open(SegmentFile original)
    {
        if (writers.Mirror is not { Fault: VolumeFault.None } mirror || !policy.Wants(original.Slug)) return null;
        var copy = original.CopyFor(mirror.Volume, book);
        book.Begin(copy);
        if (mirror.TryOpen(copy)) return new SegmentCopy(mirror, copy);
        book.Abandoned(copy);
        return null;
    }
}

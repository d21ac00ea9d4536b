using System.Runtime.InteropServices;

namespace Heldar.Media.Mp4;

/// <summary>One whole fragment of a segment file.</summary>
/// <param name="Offset">First byte of its <c>moof</c>.</param>
/// <param name="Length">Bytes of <c>moof</c> and <c>mdat</c>.</param>
/// <param name="Frames">Video samples.</param>
/// <param name="EndTime">End of its video in the video clock, counted from the segment's start; 0 without video.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ScannedFragment(long Offset, int Length, int Frames, long EndTime);

/// <summary>What a segment file holds, as far as it is whole.</summary>
/// <param name="Label">What it says about itself; null when the head is not whole.</param>
/// <param name="HeaderLength">Bytes before the first fragment; 0 when the head is not whole.</param>
/// <param name="Fragments">Whole fragments, in order.</param>
/// <param name="WholeLength">End of the last whole fragment, or of the head.</param>
/// <param name="TailLength">Bytes of a whole <c>mfra</c> directly behind; 0 when there is none.</param>
/// <param name="FileLength">Bytes of the file.</param>
public sealed record SegmentScan(
    SegmentLabel? Label, int HeaderLength, IReadOnlyList<ScannedFragment> Fragments, long WholeLength, int TailLength, long FileLength)
{
    /// <summary>Nothing is missing and nothing follows.</summary>
    public bool IsClosed => Label is not null && TailLength > 0 && WholeLength + TailLength == FileLength;

    /// <summary>Video samples of all whole fragments.</summary>
    public int Frames => Fragments.Sum(f => f.Frames);
}

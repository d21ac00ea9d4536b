using System.Runtime.InteropServices;

namespace Heldar.Media.Mp4;

/// <summary>A place where decoding can start.</summary>
/// <param name="Time">Decode time of the fragment in the video clock.</param>
/// <param name="Offset">First byte of its <c>moof</c>.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RandomAccessPoint(long Time, long Offset);

/// <summary>The <c>mfra</c> box at the end of a closed segment, which lets players seek.</summary>
public static class Mp4Tail
{
    public static byte[] Build(IReadOnlyList<RandomAccessPoint> points)
    {
        var w = new BoxWriter(64 + (points.Count * 19));
        var mfra = w.Begin("mfra"u8);
        var tfra = w.Begin("tfra"u8, 1, 0);
        w.U32(Mp4Header.VideoTrack);
        w.U32(0);
        w.U32((uint)points.Count);
        foreach (var point in points)
        {
            w.I64(point.Time);
            w.I64(point.Offset);
            w.U8(1);
            w.U8(1);
            w.U8(1);
        }

        w.End(tfra);
        var mfro = w.Begin("mfro"u8, 0, 0);
        w.U32((uint)(w.Position + 4 - mfra));
        w.End(mfro);
        w.End(mfra);
        return w.Written.ToArray();
    }
}

using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Heldar.Media.Codecs;
using Heldar.Media.Streams;

namespace Heldar.Media.Tests.Mp4;

internal sealed record ClipFrame(long Time, byte[] Bytes, bool Key);

/// <summary>Coded pictures of a small film, encoded by ffmpeg and read from its own MP4 with ffprobe's packet positions.</summary>
internal sealed class Clip
{
    private Clip(string file, VideoFormat format, IReadOnlyList<ClipFrame> frames) => (File, Format, Frames) = (file, format, frames);

    public string File { get; }

    public VideoFormat Format { get; }

    /// <summary>In decode order; times count from the earliest, at 90 kHz.</summary>
    public IReadOnlyList<ClipFrame> Frames { get; }

    public static async Task<Clip> EncodeAsync(string folder, string encoder, int frames = 100)
    {
        var file = Path.Combine(folder, Guid.NewGuid().ToString("N") + ".mp4");
        await Tool.RunAsync("ffmpeg", $"-v error -f lavfi -i testsrc2=s=320x180:r=25 -frames:v {frames} -pix_fmt yuv420p {encoder} -video_track_timescale 90000 -bitexact \"{file}\"");
        var bytes = await System.IO.File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        var packets = (await Tool.ProbeAsync(file, "packet=pts,size,pos,flags", "v")).Select(l => l.Split(',')).ToList();
        var times = packets.Select(p => long.Parse(p[0], CultureInfo.InvariantCulture)).ToList();
        var units = packets.Select((p, i) => new ClipFrame(times[i] - times.Min(), bytes.AsSpan(int.Parse(p[2], CultureInfo.InvariantCulture), int.Parse(p[1], CultureInfo.InvariantCulture)).ToArray(), p[3].StartsWith('K'))).ToList();
        var codec = encoder.Contains("265", StringComparison.Ordinal) ? MediaCodec.H265 : MediaCodec.H264;
        var sets = codec == MediaCodec.H265 ? FromHvcC(Box(bytes, "hvcC"u8)) : FromAvcC(Box(bytes, "avcC"u8));
        var sps = sets.First(s => codec == MediaCodec.H265 ? H265.TypeOf(s[0]) == H265.Sps : H264.TypeOf(s[0]) == H264.Sps);
        var info = codec == MediaCodec.H265 ? H265.ParseSps(sps.AsSpan()) : H264.ParseSps(sps.AsSpan());
        return new Clip(file, new VideoFormat(codec, sets, 320, 180, info!.CodecString), units);
    }

    private static ReadOnlySpan<byte> Box(ReadOnlySpan<byte> file, ReadOnlySpan<byte> type)
    {
        var at = file.IndexOf(type);
        return file.Slice(at + 4, (int)BinaryPrimitives.ReadUInt32BigEndian(file[(at - 4)..]) - 8);
    }

    private static ImmutableArray<ImmutableArray<byte>> FromAvcC(ReadOnlySpan<byte> box)
    {
        var sets = ImmutableArray.CreateBuilder<ImmutableArray<byte>>();
        var at = 6;
        for (var count = box[5] & 31; count > 0; count--) sets.Add(Take(box, ref at));
        for (var count = box[at++]; count > 0; count--) sets.Add(Take(box, ref at));
        return sets.ToImmutable();
    }

    private static ImmutableArray<ImmutableArray<byte>> FromHvcC(ReadOnlySpan<byte> box)
    {
        var sets = ImmutableArray.CreateBuilder<ImmutableArray<byte>>();
        var at = 23;
        for (var groups = box[22]; groups > 0; groups--)
        {
            var type = box[at] & 0x3F;
            var count = BinaryPrimitives.ReadUInt16BigEndian(box[(at + 1)..]);
            at += 3;
            for (; count > 0; count--)
            {
                var set = Take(box, ref at);
                if (type is >= 32 and <= 34) sets.Add(set);
            }
        }

        return sets.ToImmutable();
    }

    private static ImmutableArray<byte> Take(ReadOnlySpan<byte> box, ref int at)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(box[at..]);
        var set = box.Slice(at + 2, length).ToImmutableArray();
        at += 2 + length;
        return set;
    }
}

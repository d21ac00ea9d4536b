using Heldar.Media.Streams;

namespace Heldar.Media.Mp4;

/// <summary>The part of a segment before its first fragment: <c>ftyp</c>, the label, <c>moov</c> with one video and perhaps one audio track.</summary>
public static class Mp4Header
{
    public const uint VideoTrack = 1;
    public const uint AudioTrack = 2;

    /// <summary>True for audio that this writer can store: AAC as it is, G.711 with one channel as FLAC frames (see <see cref="Flac.FlacEncoder"/>).</summary>
    public static bool CanStore(AudioFormat audio) => audio is { Codec: MediaCodec.Aac, Config.Length: >= 2 and <= 64, SampleRate: > 0, Channels: > 0 }
        or { Codec: MediaCodec.G711Mu or MediaCodec.G711A, Channels: 1, SampleRate: > 0 and < 1 << 20 };

    /// <summary>Builds the header.</summary>
    /// <param name="label">What the file says about itself.</param>
    /// <param name="video">Its parameter sets become the decoder's configuration.</param>
    /// <param name="audio">A second track, or null. It must be one that <see cref="CanStore"/> accepts.</param>
    /// <exception cref="InvalidDataException">The format has no usable parameter sets.</exception>
    public static byte[] Build(SegmentLabel label, VideoFormat video, AudioFormat? audio)
    {
        var w = new BoxWriter(2048);
        var ftyp = w.Begin("ftyp"u8);
        w.Bytes("iso6"u8);
        w.U32(1);
        w.Bytes("iso6mp41"u8);
        w.End(ftyp);
        label.Write(w);
        var moov = w.Begin("moov"u8);
        var mvhd = w.Begin("mvhd"u8, 0, 0);
        w.Zeros(8);
        w.U32(1000);
        w.U32(0);
        w.U32(0x0001_0000);
        w.U16(0x0100);
        w.Zeros(10);
        Matrix(w);
        w.Zeros(24);
        w.U32(audio is null ? VideoTrack + 1 : AudioTrack + 1);
        w.End(mvhd);
        Track(w, VideoTrack, VideoFormat.ClockRate, video, null);
        if (audio is not null) Track(w, AudioTrack, audio.SampleRate, null, audio);
        var mvex = w.Begin("mvex"u8);
        Defaults(w, VideoTrack);
        if (audio is not null) Defaults(w, AudioTrack);
        w.End(mvex);
        w.End(moov);
        return w.Written.ToArray();
    }

    private static void Defaults(BoxWriter w, uint track)
    {
        var trex = w.Begin("trex"u8, 0, 0);
        w.U32(track);
        w.U32(1);
        w.Zeros(12);
        w.End(trex);
    }

    private static void Track(BoxWriter w, uint id, int timescale, VideoFormat? video, AudioFormat? audio)
    {
        var trak = w.Begin("trak"u8);
        var tkhd = w.Begin("tkhd"u8, 0, 3);
        w.Zeros(8);
        w.U32(id);
        w.Zeros(4);
        w.U32(0);
        w.Zeros(8);
        w.U16(0);
        w.U16(0);
        w.U16(audio is null ? 0 : 0x0100);
        w.U16(0);
        Matrix(w);
        w.U32((uint)(video?.Width ?? 0) << 16);
        w.U32((uint)(video?.Height ?? 0) << 16);
        w.End(tkhd);
        var mdia = w.Begin("mdia"u8);
        var mdhd = w.Begin("mdhd"u8, 0, 0);
        w.Zeros(8);
        w.U32((uint)timescale);
        w.U32(0);
        w.U16(0x55C4);
        w.U16(0);
        w.End(mdhd);
        var hdlr = w.Begin("hdlr"u8, 0, 0);
        w.U32(0);
        w.Bytes(audio is null ? "vide"u8 : "soun"u8);
        w.Zeros(12);
        w.Text(audio is null ? "video" : "audio");
        w.End(hdlr);
        var minf = w.Begin("minf"u8);
        var media = audio is null ? w.Begin("vmhd"u8, 0, 1) : w.Begin("smhd"u8, 0, 0);
        w.Zeros(audio is null ? 8 : 4);
        w.End(media);
        var dinf = w.Begin("dinf"u8);
        var dref = w.Begin("dref"u8, 0, 0);
        w.U32(1);
        w.End(w.Begin("url "u8, 0, 1));
        w.End(dref);
        w.End(dinf);
        SampleTable(w, video, audio);
        w.End(minf);
        w.End(mdia);
        w.End(trak);
    }

    private static void SampleTable(BoxWriter w, VideoFormat? video, AudioFormat? audio)
    {
        var stbl = w.Begin("stbl"u8);
        var stsd = w.Begin("stsd"u8, 0, 0);
        w.U32(1);
        if (video is not null) SampleEntries.Write(w, video);
        if (audio is not null) SampleEntries.Write(w, audio);
        w.End(stsd);
        Empty(w, "stts"u8, 4);
        Empty(w, "stsc"u8, 4);
        Empty(w, "stsz"u8, 8);
        Empty(w, "stco"u8, 4);
        w.End(stbl);
    }

    private static void Empty(BoxWriter w, ReadOnlySpan<byte> type, int zeros)
    {
        var box = w.Begin(type, 0, 0);
        w.Zeros(zeros);
        w.End(box);
    }

    private static void Matrix(BoxWriter w)
    {
        w.U32(0x0001_0000);
        w.Zeros(12);
        w.U32(0x0001_0000);
        w.Zeros(12);
        w.U32(0x4000_0000);
    }
}

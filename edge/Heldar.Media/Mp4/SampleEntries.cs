using System.Collections.Immutable;
using Heldar.Media.Codecs;
using Heldar.Media.Flac;
using Heldar.Media.Streams;

namespace Heldar.Media.Mp4;

/// <summary>Sample entries: <c>avc1</c> and <c>hvc1</c> (ISO 14496-15) with all parameter sets out of band, <c>mp4a</c> (ISO 14496-14), <c>fLaC</c> for G.711.</summary>
internal static class SampleEntries
{
    public static void Write(BoxWriter w, VideoFormat format)
    {
        if (format.ParameterSets.Any(s => s.Length is < 2 or > ushort.MaxValue)) throw new InvalidDataException("a parameter set is empty or longer than 65,535 bytes");
        var entry = w.Begin(format.Codec == MediaCodec.H265 ? "hvc1"u8 : "avc1"u8);
        w.Zeros(6);
        w.U16(1);
        w.Zeros(16);
        w.U16(format.Width);
        w.U16(format.Height);
        w.U32(0x0048_0000);
        w.U32(0x0048_0000);
        w.U32(0);
        w.U16(1);
        w.Zeros(32);
        w.U16(0x18);
        w.U16(0xFFFF);
        if (format.Codec == MediaCodec.H265) WriteHvcC(w, format.ParameterSets);
        else WriteAvcC(w, format.ParameterSets);
        w.End(entry);
    }

    public static void Write(BoxWriter w, AudioFormat format)
    {
        var flac = format.Codec != MediaCodec.Aac;
        var entry = flac ? w.Begin("fLaC"u8) : w.Begin("mp4a"u8);
        w.Zeros(6);
        w.U16(1);
        w.Zeros(8);
        w.U16(format.Channels);
        w.U16(16);
        w.U32(0);
        w.U32((uint)Math.Min(format.SampleRate, ushort.MaxValue) << 16);
        if (flac) WriteDfLa(w, format);
        else WriteEsds(w, format);
        w.End(entry);
    }

    /// <summary>"Encapsulation of FLAC in ISO Base Media File Format" §3.3.2: STREAMINFO as the last metadata block.</summary>
    private static void WriteDfLa(BoxWriter w, AudioFormat format)
    {
        var box = w.Begin("dfLa"u8, 0, 0);
        var info = FlacEncoder.StreamInfo(format.SampleRate);
        w.U32(0x8000_0000 | (uint)info.Length);
        w.Bytes(info);
        w.End(box);
    }

    private static void WriteEsds(BoxWriter w, AudioFormat format)
    {
        var esds = w.Begin("esds"u8, 0, 0);
        var config = format.Config.AsSpan();
        Descriptor(w, 3, 3 + 5 + 13 + 5 + config.Length + 5 + 1);
        w.U16(1);
        w.U8(0);
        Descriptor(w, 4, 13 + 5 + config.Length);
        w.U8(0x40);
        w.U8(0x15);
        w.Zeros(3);
        w.U32(0);
        w.U32(0);
        Descriptor(w, 5, config.Length);
        w.Bytes(config);
        Descriptor(w, 6, 1);
        w.U8(2);
        w.End(esds);
    }

    private static void Descriptor(BoxWriter w, int tag, int length)
    {
        w.U8(tag);
        w.U8(0x80 | (length >> 21));
        w.U8(0x80 | (length >> 14));
        w.U8(0x80 | (length >> 7));
        w.U8(length & 0x7F);
    }

    private static void WriteAvcC(BoxWriter w, ImmutableArray<ImmutableArray<byte>> sets)
    {
        var spsSets = sets.Where(s => H264.TypeOf(s[0]) == H264.Sps).ToList();
        var ppsSets = sets.Where(s => H264.TypeOf(s[0]) == H264.Pps).ToList();
        if (spsSets.Count is 0 or > 31 || ppsSets.Count is 0 or > 255 || spsSets[0].Length < 4) throw new InvalidDataException("the format has no usable H.264 parameter sets");
        var sps = spsSets[0].AsSpan();
        var box = w.Begin("avcC"u8);
        w.U8(1);
        w.Bytes(sps[1..4]);
        w.U8(0xFF);
        w.U8(0xE0 | spsSets.Count);
        foreach (var set in spsSets) Set(w, set);
        w.U8(ppsSets.Count);
        foreach (var set in ppsSets) Set(w, set);
        if (sps[1] is 100 or 110 or 122 or 144)
        {
            var bits = new BitReader(sps[4..]);
            bits.Unsigned();
            var chroma = bits.Unsigned();
            if (chroma == 3) bits.Skip(1);
            w.U8(0xFC | (int)chroma);
            w.U8(0xF8 | (int)bits.Unsigned());
            w.U8(0xF8 | (int)bits.Unsigned());
            w.U8(0);
        }

        w.End(box);
    }

    private static void WriteHvcC(BoxWriter w, ImmutableArray<ImmutableArray<byte>> sets)
    {
        var sps = sets.FirstOrDefault(s => s.Length > 16 && H265.TypeOf(s[0]) == H265.Sps);
        if (sps.IsDefault) throw new InvalidDataException("the format has no usable H.265 parameter sets");
        var bits = new BitReader(sps.AsSpan()[2..]);
        bits.Skip(4);
        var subLayers = (int)bits.Bits(3);
        var nested = bits.Bits(1);
        var box = w.Begin("hvcC"u8);
        w.U8(1);
        for (var i = 0; i < 12; i++) w.U8((int)bits.Bits(8));
        uint present = 0;
        for (var i = 0; i < 8 && subLayers > 0; i++) present = (present << 2) | (i < subLayers ? bits.Bits(2) : bits.Bits(2) & 0);
        bits.Skip((88 * System.Numerics.BitOperations.PopCount(present & 0xAAAA)) + (8 * System.Numerics.BitOperations.PopCount(present & 0x5555)));
        bits.Unsigned();
        var chroma = bits.Unsigned();
        if (chroma == 3) bits.Skip(1);
        bits.Unsigned();
        bits.Unsigned();
        if (bits.Flag())
            for (var i = 0; i < 4; i++) bits.Unsigned();
        var luma = bits.Unsigned();
        var depth = bits.Unsigned();
        w.U16(0xF000);
        w.U8(0xFC);
        w.U8(0xFC | (int)(chroma & 3));
        w.U8(0xF8 | (int)(luma & 7));
        w.U8(0xF8 | (int)(depth & 7));
        w.U16(0);
        w.U8(((subLayers + 1) << 3) | ((int)nested << 2) | 3);
        var groups = sets.GroupBy(s => H265.TypeOf(s[0])).OrderBy(g => g.Key).ToList();
        w.U8(groups.Count);
        foreach (var group in groups)
        {
            w.U8(0x80 | group.Key);
            w.U16(group.Count());
            foreach (var set in group) Set(w, set);
        }

        w.End(box);
    }

    private static void Set(BoxWriter w, ImmutableArray<byte> set)
    {
        w.U16(set.Length);
        w.Bytes(set.AsSpan());
    }
}

using System.Collections.Immutable;
using Heldar.Media.Codecs;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtp;

/// <summary>What became of a parameter set that was offered.</summary>
internal enum ParameterSetChange
{
    /// <summary>Known byte by byte.</summary>
    Same,

    /// <summary>New, or other bytes under a known id.</summary>
    Changed,

    /// <summary>Not usable: unreadable, oversized or too many.</summary>
    Rejected,
}

/// <summary>The newest VPS, SPS and PPS by id. Comparing allocates nothing. Ingest thread only.</summary>
/// <param name="codec">H264 or H265.</param>
internal sealed class ParameterSets(MediaCodec codec)
{
    /// <summary>Most bytes of one set; real ones have 20 to 100.</summary>
    public const int MaxSetBytes = 2048;

    /// <summary>Most sets kept.</summary>
    public const int MaxSets = 32;

    private readonly List<Entry> _entries = [];

    /// <summary>A set changed since <see cref="Build"/> last made a format.</summary>
    public bool Dirty { get; private set; }

    public ParameterSetChange Offer(ReadOnlySpan<byte> nal)
    {
        if (nal.Length is < 2 or > MaxSetBytes) return ParameterSetChange.Rejected;
        foreach (var known in _entries)
        {
            if (known.Bytes.AsSpan().SequenceEqual(nal)) return ParameterSetChange.Same;
        }

        return Store(nal);
    }

    /// <summary>The format that the sets describe, or null while one is missing.</summary>
    public VideoFormat? Build()
    {
        var sps = _entries.Find(e => e.Sps is not null)?.Sps;
        if (sps is null || !_entries.Exists(e => e.Order == 2)) return null;
        if (codec == MediaCodec.H265 && !_entries.Exists(e => e.Order == 0)) return null;
        Dirty = false;
        var sets = _entries.OrderBy(e => e.Order).ThenBy(e => e.Id).Select(e => e.Bytes).ToImmutableArray();
        return new VideoFormat(codec, sets, sps.Width, sps.Height, sps.CodecString);
    }

    private ParameterSetChange Store(ReadOnlySpan<byte> nal)
    {
        var (order, id, sps) = Identify(nal);
        if (id < 0) return ParameterSetChange.Rejected;
        var index = _entries.FindIndex(e => e.Order == order && e.Id == id);
        var entry = new Entry(order, id, ImmutableArray.Create(nal), sps);
        if (index >= 0) _entries[index] = entry;
        else if (_entries.Count < MaxSets) _entries.Add(entry);
        else return ParameterSetChange.Rejected;
        Dirty = true;
        return ParameterSetChange.Changed;
    }

    /// <summary>0 for VPS, 1 for SPS, 2 for PPS; id −1 when unreadable.</summary>
    private (int Order, int Id, SpsInfo? Sps) Identify(ReadOnlySpan<byte> nal)
    {
        var type = codec == MediaCodec.H264 ? H264.TypeOf(nal[0]) : H265.TypeOf(nal[0]);
        if (type is H264.Sps or H265.Sps)
        {
            var sps = codec == MediaCodec.H264 ? H264.ParseSps(nal) : H265.ParseSps(nal);
            return (1, sps?.Id ?? -1, sps);
        }

        if (type == H265.Vps) return (0, H265.VpsId(nal), null);
        return (2, codec == MediaCodec.H264 ? H264.PpsId(nal) : H265.PpsId(nal), null);
    }

    private sealed record Entry(int Order, int Id, ImmutableArray<byte> Bytes, SpsInfo? Sps);
}

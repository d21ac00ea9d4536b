using System.Buffers.Binary;

namespace Heldar.Media.Rtp;

/// <summary>
/// Turns RTP payloads of one video stream into NAL units of the access unit under construction. Strips parameter sets that the format already
/// has, access unit delimiters and filler; keeps everything else, SEI included, in order. Ingest thread only.
/// </summary>
/// <param name="builder">The access unit under construction.</param>
/// <param name="sets">Parameter sets seen so far.</param>
internal abstract class NalDepacketiser(AccessUnitBuilder builder, ParameterSets sets)
{
    /// <summary>The type of the NAL unit that is being put together from fragments, or −1.</summary>
    private int _fragment = -1;

    /// <summary>The unit has at least one slice.</summary>
    public bool HasPicture { get; private set; }

    /// <summary>Decoding can start at this unit.</summary>
    public bool IsKeyframe { get; private set; }

    /// <summary>The first slice seen is the first slice of the picture: none is missing before it.</summary>
    public bool StartsPicture { get; private set; }

    /// <summary>A fragmented NAL unit lacks its end.</summary>
    public bool IsOpen => _fragment >= 0;

    /// <summary>Adds one payload. False when it is malformed, does not fit what came before, or the unit grew too large: the unit is damaged.</summary>
    public abstract bool Packet(ReadOnlySpan<byte> payload);

    /// <summary>Starts a new access unit.</summary>
    public void StartUnit()
    {
        _fragment = -1;
        HasPicture = IsKeyframe = StartsPicture = false;
    }

    /// <summary>What a complete NAL unit is.</summary>
    protected abstract NalRole RoleOf(ReadOnlySpan<byte> nal);

    /// <summary>first_mb_in_slice is 0 (H.264), or first_slice_segment_in_pic_flag is set (H.265).</summary>
    protected abstract bool IsFirstSlice(ReadOnlySpan<byte> nal);

    protected bool Whole(ReadOnlySpan<byte> nal)
    {
        if (_fragment >= 0 || !builder.BeginNal()) return false;
        if (!builder.Append(nal)) return false;
        End();
        return true;
    }

    /// <summary>NAL units behind 16-bit lengths (STAP-A of RFC 6184, AP of RFC 7798).</summary>
    protected bool Aggregate(ReadOnlySpan<byte> units, int headerLength)
    {
        while (units.Length > 0)
        {
            if (units.Length < 2) return false;
            var length = BinaryPrimitives.ReadUInt16BigEndian(units);
            if (length < headerLength || length > units.Length - 2) return false;
            if (!Whole(units.Slice(2, length))) return false;
            units = units[(2 + length)..];
        }

        return true;
    }

    /// <summary>One fragment (FU-A of RFC 6184, FU of RFC 7798).</summary>
    /// <param name="header">The NAL unit header to restore.</param>
    /// <param name="indicator">S bit 0x80, E bit 0x40, and the type.</param>
    /// <param name="body">What follows the FU header.</param>
    /// <param name="type">NAL unit type.</param>
    protected bool Fragment(ReadOnlySpan<byte> header, byte indicator, ReadOnlySpan<byte> body, int type)
    {
        if ((indicator & 0x80) != 0)
        {
            if (_fragment >= 0 || !builder.BeginNal()) return false;
            if (!builder.Append(header)) return false;
            _fragment = type;
        }
        else if (_fragment != type)
        {
            return false;
        }

        if (!builder.Append(body)) return false;
        if ((indicator & 0x40) == 0) return true;
        _fragment = -1;
        End();
        return true;
    }

    private void End()
    {
        var nal = builder.Nal;
        var role = RoleOf(nal);
        if (role is NalRole.Picture or NalRole.Keyframe)
        {
            if (!HasPicture) StartsPicture = IsFirstSlice(nal);
            HasPicture = true;
            IsKeyframe |= role == NalRole.Keyframe;
        }

        // A changed set stays in the unit as well: until the next keyframe opens its format, the decoder finds it only here.
        var keep = role != NalRole.Dropped && (role != NalRole.ParameterSet || sets.Offer(nal) == ParameterSetChange.Changed);
        builder.EndNal(keep);
    }
}

/// <summary>What a NAL unit is to the recorder.</summary>
internal enum NalRole
{
    Kept,
    Picture,
    Keyframe,
    ParameterSet,
    Dropped,
}

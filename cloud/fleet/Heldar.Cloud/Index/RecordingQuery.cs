using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>What a search asks for.</summary>
/// <param name="Tenant">From the caller's session, never from its input.</param>
/// <param name="From">Footage that ends after this.</param>
/// <param name="To">Footage that starts before this; at most <see cref="MaxRange"/> after From.</param>
/// <param name="Sites">Site slugs; null or empty for all.</param>
/// <param name="Cameras">Camera uids; null or empty for all.</param>
public sealed record RecordingQuery(string Tenant, Instant From, Instant To, IReadOnlyList<string>? Sites = null, IReadOnlyList<Guid>? Cameras = null)
{
    public static readonly Duration MaxRange = Duration.FromDays(31);
    public const int MaxLimit = 1000;
    public const int DefaultLimit = 200;

    /// <summary>Why it cannot be answered, or null.</summary>
    public string? Mistake()
    {
        if (To <= From) return "to must be after from";
        if (To - From > MaxRange) return "from and to may lie at most 31 days apart";
        if (Sites is { Count: > 1000 } || Cameras is { Count: > 1000 }) return "at most 1000 sites and 1000 cameras can be named";
        return null;
    }

    /// <summary>Whether a piece is in its range and behind the cursor.</summary>
    internal bool Wants(FootagePiece piece, RecordingCursor? after) => piece.Start < To && piece.End > From && (after is not { } c || c.IsBefore(piece.Start, piece.Camera, piece.Box));
}

/// <summary>Where a page ends: the sort key of its last item.</summary>
internal readonly record struct RecordingCursor(Instant Start, Guid Camera, Guid Box)
{
    /// <summary>Opaque text: base64url of microseconds, camera and box.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[40];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, Start.ToUnixTimeTicks());
        Camera.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        Box.TryWriteBytes(bytes[24..], bigEndian: true, out _);
        return System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }

    public static bool TryParse(string text, out RecordingCursor cursor)
    {
        cursor = default;
        Span<byte> bytes = stackalloc byte[40];
        if (text.Length != 54 || !System.Buffers.Text.Base64Url.IsValid(text) || !System.Buffers.Text.Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != 40) return false;
        var ticks = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < NodaConstants.BclEpoch.ToUnixTimeTicks() || ticks > Instant.FromUtc(9999, 1, 1, 0, 0).ToUnixTimeTicks()) return false;
        cursor = new(Instant.FromUnixTimeTicks(ticks), new Guid(bytes[8..24], bigEndian: true), new Guid(bytes[24..40], bigEndian: true));
        return true;
    }

    public bool IsBefore(Instant start, Guid camera, Guid box)
    {
        if (Start != start) return Start < start;
        var order = Compare(Camera, camera);
        return order != 0 ? order < 0 : Compare(Box, box) < 0;
    }

    /// <summary>PostgreSQL's order of uuids: byte by byte, as they are written.</summary>
    public static int Compare(Guid a, Guid b)
    {
        Span<byte> x = stackalloc byte[16], y = stackalloc byte[16];
        a.TryWriteBytes(x, bigEndian: true, out _);
        b.TryWriteBytes(y, bigEndian: true, out _);
        return x.SequenceCompareTo(y);
    }
}

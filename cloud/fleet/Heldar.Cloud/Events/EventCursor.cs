using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using NodaTime;

namespace Heldar.Cloud.Events;

/// <summary>Where a page ends: the sort key of its last item.</summary>
/// <param name="At">When, to the microsecond: PostgreSQL's resolution.</param>
/// <param name="Camera">Which camera.</param>
/// <param name="Id">The event's id, as text.</param>
internal readonly record struct EventCursor(Instant At, Guid Camera, string Id)
{
    private const int Head = 24;
    private const int MaxId = 300;

    /// <summary>Opaque text: base64url of ticks, camera and id.</summary>
    public override string ToString()
    {
        var bytes = new byte[Head + Encoding.UTF8.GetByteCount(Id)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, At.ToUnixTimeTicks());
        Camera.TryWriteBytes(bytes.AsSpan(8), bigEndian: true, out _);
        Encoding.UTF8.GetBytes(Id, bytes.AsSpan(Head));
        return Base64Url.EncodeToString(bytes);
    }

    public static bool TryParse(string text, out EventCursor cursor)
    {
        cursor = default;
        if (text.Length > 4 * (Head + (4 * MaxId)) / 3 || !Base64Url.IsValid(text)) return false;
        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length <= Head) return false;
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < NodaConstants.BclEpoch.ToUnixTimeTicks() || ticks > Instant.FromUtc(9999, 1, 1, 0, 0).ToUnixTimeTicks()) return false;
        var id = Encoding.UTF8.GetString(bytes, Head, bytes.Length - Head);
        // PostgreSQL takes no zero character, and what was no text is not what a page gave.
        if (id.Contains('\0', StringComparison.Ordinal) || id.Contains('\ufffd', StringComparison.Ordinal)) return false;
        cursor = new(Instant.FromUnixTimeTicks(ticks), new Guid(bytes.AsSpan(8, 16), bigEndian: true), id);
        return true;
    }
}

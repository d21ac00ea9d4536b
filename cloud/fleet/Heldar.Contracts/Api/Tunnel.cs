using System.Buffers.Binary;

namespace Heldar.Contracts.Api;

/// <summary>
/// The frames of the box's outbound WebSocket (<c>GET /api/v1/tunnel</c>, signed like every call of a box). Each binary WebSocket message is one
/// frame: kind (1 byte), stream id (4 bytes, big-endian, chosen by the fleet, never 0, not reused within a connection), payload.
/// The box answers <c>GET /footage/{cameraUid}/{start}</c> (one optional <c>Range</c>) and <c>GET /poster/{cameraUid}</c>, and nothing else.
/// It sends data only within the credit it was given, runs at most <see cref="MaxStreams"/> streams and <see cref="DefaultBytesPerSecond"/> in all.
/// </summary>
public static class Tunnel
{
    public const string Path = "/api/v1/tunnel";
    public const int HeaderBytes = 5;
    public const int MaxStreams = 4;
    public const int MaxHeadBytes = 16 * 1024;
    public const int MaxDataBytes = 64 * 1024;

    /// <summary>Credit that every stream starts with, in bytes of data.</summary>
    public const int InitialCredit = 256 * 1024;

    public const int DefaultBytesPerSecond = 8 * 1024 * 1024;

    /// <summary>Writes the frame's header into the first <see cref="HeaderBytes"/> bytes.</summary>
    public static void WriteHeader(Span<byte> frame, TunnelFrame kind, uint stream)
    {
        frame[0] = (byte)kind;
        BinaryPrimitives.WriteUInt32BigEndian(frame[1..], stream);
    }

    /// <summary>Reads a frame's header; false when it is too short, of an unknown kind or for stream 0.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> frame, out TunnelFrame kind, out uint stream)
    {
        kind = default;
        stream = 0;
        if (frame.Length < HeaderBytes || frame[0] is < 1 or > (byte)TunnelFrame.Error) return false;
        kind = (TunnelFrame)frame[0];
        stream = BinaryPrimitives.ReadUInt32BigEndian(frame[1..]);
        return stream != 0;
    }
}

/// <summary>Kinds of tunnel frames.</summary>
public enum TunnelFrame
{
    /// <summary>Fleet to box: JSON <see cref="TunnelRequest"/>.</summary>
    Request = 1,

    /// <summary>Fleet to box: the viewer is gone. No payload.</summary>
    Cancel = 2,

    /// <summary>Fleet to box: 4 bytes big-endian, more bytes that the box may send on the stream.</summary>
    Credit = 3,

    /// <summary>Box to fleet: JSON <see cref="TunnelResponse"/>; comes before any data.</summary>
    Head = 4,

    /// <summary>Box to fleet: up to <see cref="Tunnel.MaxDataBytes"/> bytes of the body.</summary>
    Data = 5,

    /// <summary>Box to fleet: the body is complete. No payload.</summary>
    End = 6,

    /// <summary>Box to fleet: JSON <see cref="ErrorBody"/>; ends the stream.</summary>
    Error = 7,
}

/// <summary>One request through the tunnel.</summary>
public sealed record TunnelRequest(string Method, string Path, string? Range = null);

/// <summary>Head of an answer through the tunnel.</summary>
public sealed record TunnelResponse(int Status, string ContentType, long? ContentLength = null, string? ContentRange = null);

using Heldar.Media.Rtsp;
using Heldar.Media.Streams;

namespace Heldar.Media.Ingest;

/// <summary>Takes the parts of an interleaved stream, in place.</summary>
internal interface IInterleavedSink
{
    void OnFrame(int channel, ReadOnlySpan<byte> body);

    void OnMessage(RtspMessage message);
}

/// <summary>
/// Splits received bytes into interleaved frames (RFC 2326 §10.12) and RTSP messages. Skips a bounded amount of garbage to the next frame of a known
/// channel. Keeps nothing: the caller keeps what was not consumed.
/// </summary>
/// <param name="maxChannel">Highest channel in use; anything above is garbage.</param>
internal sealed class InterleavedReader(int maxChannel)
{
    /// <summary>Most garbage over the life of a connection.</summary>
    public const int MaxGarbage = 64 * 1024;

    private int _garbage;

    /// <summary>Reads all whole parts.</summary>
    /// <returns>Bytes consumed; the rest is the start of the next part.</returns>
    /// <exception cref="RtspException">Too much garbage, or a broken or oversized message.</exception>
    public int Read(ReadOnlySpan<byte> bytes, IInterleavedSink sink)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var rest = bytes[at..];
            if (rest[0] == '$')
            {
                if (rest.Length < 4) break;
                var length = (rest[2] << 8) | rest[3];
                if (rest[1] <= maxChannel)
                {
                    if (rest.Length < 4 + length) break;
                    sink.OnFrame(rest[1], rest.Slice(4, length));
                    at += 4 + length;
                    continue;
                }
            }
            else if (rest[0] is (byte)'\r' or (byte)'\n')
            {
                at++;
                continue;
            }
            else if (CouldBeMessage(rest))
            {
                if (RtspMessage.TryRead(rest, out var consumed) is not { } message) break;
                sink.OnMessage(message);
                at += consumed;
                continue;
            }

            var next = rest[1..].IndexOf((byte)'$');
            var skipped = next < 0 ? rest.Length : next + 1;
            _garbage += skipped;
            at += skipped;
            if (_garbage > MaxGarbage) throw new RtspException(StreamFailure.Protocol, "the interleaved stream is broken");
        }

        return at;
    }

    /// <summary>Starts with a word in capitals and a blank or slash, as far as it is there.</summary>
    private static bool CouldBeMessage(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < Math.Min(bytes.Length, 16); i++)
        {
            if (i > 2 && bytes[i] is (byte)' ' or (byte)'/') return true;
            if (bytes[i] is not ((>= (byte)'A' and <= (byte)'Z') or (byte)'_')) return false;
        }

        return bytes.Length < 16;
    }
}

using System.Text;

namespace Heldar.Media.Tests.Ingest;

/// <summary>Reads RTSP requests and skips interleaved frames, on the camera's side.</summary>
internal sealed class RequestReader(Stream stream)
{
    private readonly List<byte> _bytes = [];

    public int Frames { get; private set; }

    public async Task<CameraRequest?> NextAsync(int connection, CancellationToken cancellation)
    {
        var buffer = new byte[4096];
        while (true)
        {
            while (_bytes.Count >= 4 && _bytes[0] == '$' && _bytes.Count >= 4 + (_bytes[2] << 8) + _bytes[3])
            {
                _bytes.RemoveRange(0, 4 + (_bytes[2] << 8) + _bytes[3]);
                Frames++;
            }

            var text = _bytes.Count > 0 && _bytes[0] != '$' ? Encoding.Latin1.GetString([.. _bytes]) : "";
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                _bytes.RemoveRange(0, end + 4);
                return Parse(text[..end], connection);
            }

            var read = await stream.ReadAsync(buffer, cancellation);
            if (read == 0) return null;
            _bytes.AddRange(buffer.AsSpan(0, read));
        }
    }

    private static CameraRequest Parse(string head, int connection)
    {
        var lines = head.Split("\r\n");
        var first = lines[0].Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1)) headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return new CameraRequest(first[0], first[1], headers, connection);
    }
}

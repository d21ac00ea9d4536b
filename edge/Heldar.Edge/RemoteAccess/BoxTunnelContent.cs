using System.Globalization;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Edge.Playback;
using Heldar.Edge.Snapshots;
using NodaTime;

namespace Heldar.Edge.RemoteAccess;

/// <summary>The two things that the tunnel serves: footage by camera and time, and posters.</summary>
internal sealed class BoxTunnelContent(IFootage footage, PosterCache posters) : ITunnelContent
{
    public async Task<TunnelAnswer> OpenAsync(TunnelRequest request, CancellationToken cancellation)
    {
        if (request.Method != "GET") return TunnelAnswer.Refuse(ErrorCodes.BadRequest, "the tunnel answers GET only");
        if (request.Path.Length > 200) return NotFound();
        return request.Path.Split('/') switch
        {
            ["", "footage", var camera, var start] when Guid.TryParseExact(camera, "D", out var uid) && TryReadStart(start, out var at) =>
                await FootageAsync(uid, at, request.Range, cancellation),
            ["", "poster", var camera] when Guid.TryParseExact(camera, "D", out var uid) => await PosterAsync(uid, cancellation),
            _ => NotFound(),
        };
    }

    /// <summary>RFC 3339 or unix milliseconds.</summary>
    private static bool TryReadStart(string text, out Instant at)
    {
        text = Uri.UnescapeDataString(text);
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms)) return InstantText.TryParse(text, out at);
        var known = ms <= Instant.MaxValue.ToUnixTimeMilliseconds();
        at = known ? Instant.FromUnixTimeMilliseconds(ms) : default;
        return known;
    }

    private static TunnelAnswer NotFound() => TunnelAnswer.Refuse(ErrorCodes.NotFound, "the box has nothing there");

    private async Task<TunnelAnswer> FootageAsync(Guid camera, Instant at, string? rangeHeader, CancellationToken cancellation)
    {
        if (await footage.FindAtAsync(camera, at, cancellation) is not { } found) return NotFound();
        try
        {
            switch (ByteRange.TryParse(rangeHeader, found.Bytes, out var range))
            {
                case null:
                    return new TunnelAnswer(new TunnelResponse(200, "video/mp4", found.Bytes, null), new FileWindow(found.Path, 0, found.Bytes, isFinal: !found.Open), null);
                case false:
                    return new TunnelAnswer(new TunnelResponse(416, "video/mp4", 0, $"bytes */{found.Bytes}"), Stream.Null, null);
                default:
                    var head = new TunnelResponse(206, "video/mp4", range.Length, $"bytes {range.From}-{range.To}/{found.Bytes}");
                    return new TunnelAnswer(head, new FileWindow(found.Path, range.From, range.Length, isFinal: !found.Open), null);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return NotFound();
        }
    }

    private async Task<TunnelAnswer> PosterAsync(Guid camera, CancellationToken cancellation)
    {
        try
        {
            return await posters.GetAsync(camera, cancellation) is { } jpeg
                ? new TunnelAnswer(new TunnelResponse(200, "image/jpeg", jpeg.Length, null), new MemoryStream(jpeg, writable: false), null)
                : NotFound();
        }
        catch (SnapshotException e)
        {
            return TunnelAnswer.Refuse(e.Busy ? ErrorCodes.TooMany : ErrorCodes.Unavailable, e.Message);
        }
    }
}

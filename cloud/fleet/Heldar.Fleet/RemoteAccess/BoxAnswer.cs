using Heldar.Contracts.Api;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>What a box answered to one request: its head at once, its body as it is copied. Disposing early tells the box to stop sending.</summary>
internal abstract class BoxAnswer(TunnelResponse head) : IAsyncDisposable
{
    public TunnelResponse Head { get; } = head;

    /// <summary>
    /// Copies the body; bounded buffers, so that a slow viewer slows the box and nothing else. Throws <see cref="BoxGoneException"/> when the box is lost
    /// before the end and <see cref="TimeoutException"/> when box or viewer makes no progress.
    /// </summary>
    public abstract Task CopyToAsync(Stream target, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}

/// <summary>Either an answer, which the caller disposes, or why there is none.</summary>
internal readonly record struct BoxReply(BoxAnswer? Answer, Refusal? Refusal)
{
    public static BoxReply Offline { get; } = Refuse(503, ErrorCodes.BoxOffline, "the box is not connected; its footage can be played when it is back");

    public static BoxReply Lost { get; } = Refuse(503, ErrorCodes.BoxOffline, "the box's connection broke; try again in a moment");

    public static BoxReply Busy { get; } = Refuse(503, ErrorCodes.TooMany, $"{Tunnel.MaxStreams} streams of this box are being watched already; close one or try again");

    public static BoxReply Slow { get; } = Refuse(503, ErrorCodes.Unavailable, "the box did not answer in time; try again in a moment");

    public static BoxReply Refuse(int status, string code, string error) => new(null, Api.Refusal.Of(status, code, error));
}

/// <summary>The box or its tunnel went away, or ended a stream with an error, after the head was sent.</summary>
internal sealed class BoxGoneException(string message, Exception? cause = null) : IOException(message, cause);

using Heldar.Media.Rtsp;
using Heldar.Media.Streams;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Media.Replay;

/// <summary>Opens replays; follows the rules of live ingest for redirects and certificates. Thread-safe.</summary>
public sealed class ReplayClient
{
    private static readonly InstantPattern Clock = InstantPattern.CreateWithInvariantCulture("yyyyMMdd'T'HHmmss.fff'Z'");
    private static readonly InstantPattern Seconds = InstantPattern.CreateWithInvariantCulture("yyyyMMdd'T'HHmmss'Z'");
    private readonly ReplayOptions _options;
    private readonly MediaBlockPool _pool;
    private readonly TimeProvider _time;

    /// <param name="options">Bounds.</param>
    /// <param name="pool">Memory for access units.</param>
    /// <param name="time">Monotonic time and timers; the system's when null.</param>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    public ReplayClient(ReplayOptions options, MediaBlockPool pool, TimeProvider? time = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        (_options, _pool, _time) = (options, pool, time ?? TimeProvider.System);
    }

    /// <summary>The address with the range in place of <c>{start}</c> and <c>{end}</c>, and whether it had them.</summary>
    public static (string Url, bool HasTimes) Expand(string template, Instant from, Instant to)
    {
        var start = Seconds.Format(Instant.FromUnixTimeSeconds(from.ToUnixTimeSeconds()));
        var end = Seconds.Format(Instant.FromUnixTimeSeconds((to + Duration.FromSeconds(1) - Duration.FromTicks(1)).ToUnixTimeSeconds()));
        // Uri escapes braces.
        var url = template.Replace("%7B", "{", StringComparison.OrdinalIgnoreCase).Replace("%7D", "}", StringComparison.OrdinalIgnoreCase);
        var expanded = url.Replace("{start}", start, StringComparison.Ordinal).Replace("{end}", end, StringComparison.Ordinal);
        return (expanded, expanded != url);
    }

    /// <summary>Opens a replay up to the answer to PLAY. A camera that does not know ONVIF's headers is asked again without them.</summary>
    /// <exception cref="ReplayException">With the cause.</exception>
    public async Task<ReplaySession> OpenAsync(ReplayRequest request, CancellationToken cancellation)
    {
        if (request.To <= request.From) throw new ArgumentException("the range is empty", nameof(request));
        try
        {
            return await OpenAsync(request, onvif: true, cancellation);
        }
        catch (ReplayException e) when (e.Failure == StreamFailure.Unsupported)
        {
            return await OpenAsync(request, onvif: false, cancellation);
        }
    }

    private async Task<ReplaySession> OpenAsync(ReplayRequest request, bool onvif, CancellationToken cancellation)
    {
        try
        {
            var playback = await new RtspClient(_time).OpenAsync(Ask(request, onvif), cancellation);
            return new ReplaySession(playback, request, _options, _pool, _time);
        }
        catch (RtspException e)
        {
            throw new ReplayException(e.Failure, e.Message, e);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or FormatException)
        {
            throw new ReplayException(StreamFailure.Protocol, $"the connection broke: {e.GetType().Name}", e);
        }
    }

    private RtspRequest Ask(ReplayRequest request, bool onvif)
    {
        var source = request.Source;
        var (url, hasTimes) = Expand(source.DisplayUrl, request.From, request.To);
        var (username, password) = source.Credentials();
        // Without ONVIF's headers the address says what to play, and a clock range might be refused.
        var range = onvif || !hasTimes ? $"Range: clock={Clock.Format(request.From)}-{Clock.Format(request.To)}\r\n" : "Range: npt=0.000-\r\n";
        return new RtspRequest(
            new Uri(url), username, password, source.Audio, source.CertificateSha256,
            _options.ConnectTimeout.ToTimeSpan(), _options.ResponseTimeout.ToTimeSpan(), ReplaySession.Pause)
        {
            ExtraHeaders = onvif ? "Require: onvif-replay\r\n" : "",
            PlayHeaders = range + "Rate-Control: no\r\n",
        };
    }
}

using System.Text;
using Heldar.Media.Sdp;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtsp;

/// <summary>A track that was set up, with the interleaved channels it arrives on.</summary>
/// <param name="Media">Its section of the session description.</param>
/// <param name="Codec">What it carries.</param>
/// <param name="RtpChannel">0 to 255.</param>
/// <param name="RtcpChannel">0 to 255.</param>
internal sealed record RtspTrack(SdpMedia Media, MediaCodec Codec, int RtpChannel, int RtcpChannel)
{
    public TrackKind Kind => Codec is MediaCodec.H264 or MediaCodec.H265 ? TrackKind.Video : TrackKind.Audio;
}

/// <summary>A stream that plays. Owns the transport. Used by the ingest thread only, once handed over.</summary>
internal sealed class RtspPlayback(MediaTransport transport, IReadOnlyList<RtspTrack> tracks, RtspControl control, byte[] early) : IDisposable
{
    public MediaTransport Transport => transport;

    public IReadOnlyList<RtspTrack> Tracks => tracks;

    /// <summary>Keep-alive and teardown.</summary>
    public RtspControl Control => control;

    /// <summary>Bytes that were received before the hand-over.</summary>
    public byte[] Early => early;

    public void Dispose() => transport.Dispose();
}

/// <summary>Requests that are sent while playing.</summary>
/// <param name="connection">Composes them.</param>
/// <param name="authenticator">Takes new challenges.</param>
/// <param name="keepAliveMethod">GET_PARAMETER, or OPTIONS where the camera does not know it.</param>
/// <param name="url">Aggregate control URL.</param>
/// <param name="session">Session id.</param>
/// <param name="timeout">Time after which the camera ends a silent session.</param>
internal sealed class RtspControl(
    RtspConnection connection, RtspAuthenticator authenticator, string keepAliveMethod, string url, string session, TimeSpan timeout)
{
    private string _method = keepAliveMethod;
    private bool _retried;

    /// <summary>Time between two keep-alives: half the camera's timeout, from 2 to 30 s.</summary>
    public TimeSpan KeepAliveEvery => TimeSpan.FromSeconds(Math.Clamp(timeout.TotalSeconds / 2, 2, 30));

    public byte[] KeepAlive()
    {
        _retried = false;
        return Request(_method);
    }

    public byte[] Teardown() => Request("TEARDOWN");

    /// <summary>What to send in return for a message that came while playing; null for nothing.</summary>
    /// <exception cref="RtspException">The camera ends the session.</exception>
    public byte[]? Answer(RtspMessage message)
    {
        if (message.Status == 0)
        {
            if (message.Method is "REDIRECT" or "TEARDOWN") throw new RtspException(StreamFailure.Closed, $"the camera ended the session ({message.Method})");
            var known = message.Method is "OPTIONS" or "GET_PARAMETER" or "SET_PARAMETER" or "ANNOUNCE";
            return Encoding.UTF8.GetBytes($"RTSP/1.0 {(known ? "200 OK" : "501 Not Implemented")}\r\nCSeq: {message.Header("CSeq").ReplaceLineEndings("")}\r\n\r\n");
        }

        if (message.Status == 454) throw new RtspException(StreamFailure.Closed, "the camera ended the session (454)");
        // Announced or not, some cameras know no GET_PARAMETER: the next keep-alive asks in a way that all must answer.
        if (message.Status is 400 or 405 or 501 or 551) _method = "OPTIONS";
        // A stale nonce: once more with the new one. A refusal is not repeated before the next keep-alive is due.
        if (message.Status != 401 || _retried || !authenticator.Accept(message.All("WWW-Authenticate"), out _)) return null;
        _retried = true;
        return Request(_method);
    }

    private byte[] Request(string method) => Encoding.UTF8.GetBytes(connection.Compose(method, url, $"Session: {session}\r\n"));
}

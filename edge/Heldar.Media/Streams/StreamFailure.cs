namespace Heldar.Media.Streams;

/// <summary>What kept a stream from playing, by kind. The status' cause says it in words.</summary>
public enum StreamFailure
{
    None,

    /// <summary>Host name does not resolve.</summary>
    NameNotFound,

    /// <summary>TCP connection refused or host unreachable.</summary>
    Refused,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>TLS handshake or certificate.</summary>
    Tls,

    /// <summary>401 or 403.</summary>
    Unauthorized,

    /// <summary>404.</summary>
    NotFound,

    /// <summary>Too many redirects, a loop, or one that must not be followed.</summary>
    Redirect,

    /// <summary>The answer breaks RTSP, SDP or a bound, or the camera refuses with another code.</summary>
    Protocol,

    /// <summary>No track that can be recorded.</summary>
    Unsupported,

    /// <summary>The connection ended while playing.</summary>
    Closed,

    /// <summary>No media for the watchdog's time.</summary>
    NoMedia,

    /// <summary>453 or 503: the camera serves as many streams as it can.</summary>
    Busy,
}

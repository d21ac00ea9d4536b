using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>Who may change a camera.</summary>
internal enum CameraOwner
{
    /// <summary><c>heldar.yaml</c>: the API refuses changes.</summary>
    Yaml = 0,

    /// <summary>The HTTP API; lives in the database.</summary>
    Api = 1,
}

/// <summary>
/// What one camera shall be. Serialisable as it is: secrets are sealed texts. Two equal configurations need no work.
/// </summary>
/// <param name="Uid">Global id, made once and kept.</param>
/// <param name="Slug">Id on this box.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Url">Address without user information, sealed for this camera.</param>
/// <param name="Username">User name at the camera, sealed for this camera.</param>
/// <param name="SealedPassword">Password, sealed for this camera.</param>
/// <param name="Audio">Record audio.</param>
/// <param name="CameraClock">Dates by the camera's clock.</param>
/// <param name="Enabled">Connect and record.</param>
/// <param name="SegmentSeconds">Target length of a segment, 2 to 300; null for the box's.</param>
/// <param name="Owner">Who may change it.</param>
/// <param name="CreatedAt">When it was first known.</param>
internal sealed record CameraConfig(
    Guid Uid,
    string Slug,
    string Name,
    string Url,
    string? Username,
    string? SealedPassword,
    bool Audio,
    bool CameraClock,
    bool Enabled,
    int? SegmentSeconds,
    CameraOwner Owner,
    Instant CreatedAt)
{
    /// <summary>For rtsps: SHA-256 of the one certificate to accept, 64 hexadecimal digits; null asks the system's authorities.</summary>
    public string? Certificate { get; init; }

    /// <summary>Refill gaps from the camera's own storage.</summary>
    public bool Anr { get; init; }

    /// <summary>Address of its storage, sealed; null for the usual one of its host.</summary>
    public string? SealedReplayUrl { get; init; }

    /// <summary>Which of its own events trigger its recording, sealed whole; null for none.</summary>
    public string? SealedEvents { get; init; }

    /// <summary>When it records.</summary>
    public RecordMode Mode { get; init; }

    /// <summary>Seconds before an event that belong to its recording, as far as memory reaches; 0 to 60.</summary>
    public int PreRollSeconds { get; init; } = RecordModes.DefaultPreRollSeconds;

    /// <summary>Seconds after the last event that belong to its recording; 0 to 3600.</summary>
    public int PostRollSeconds { get; init; } = RecordModes.DefaultPostRollSeconds;

    /// <summary>Hours that its footage is kept, 1 to 43,800; null for the box's rule.</summary>
    public int? RetentionHours { get; init; }

    /// <summary>Most bytes of its footage; null for the box's rule.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>Whether it is mirrored; null for what the box does.</summary>
    public bool? Mirror { get; init; }

    /// <summary>Whether a change to <paramref name="other"/> needs another session with the camera. Nothing else ever does.</summary>
    public bool NeedsSession(CameraConfig other) =>
        (Url, Username, SealedPassword, Certificate, Audio, CameraClock) != (other.Url, other.Username, other.SealedPassword, other.Certificate, other.Audio, other.CameraClock);
}

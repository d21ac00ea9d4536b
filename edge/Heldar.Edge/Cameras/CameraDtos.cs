using System.Text.Json;
using System.Text.Json.Serialization;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>A camera in an answer. Never holds its password, nor credentials in its address.</summary>
internal sealed record CameraDto
{
    public required string Id { get; init; }

    public required Guid Uid { get; init; }

    public required string Name { get; init; }

    public required string Address { get; init; }

    public required int RtspPort { get; init; }

    public required string MainStreamUrl { get; init; }

    public string? Username { get; init; }

    public required bool HasPassword { get; init; }

    public required bool Enabled { get; init; }

    public required bool RecordEnabled { get; init; }

    public required bool RecordAudio { get; init; }

    /// <summary>continuous, scheduled, event or scheduled_event.</summary>
    public required string RecordMode { get; init; }

    public required int PreRollSeconds { get; init; }

    public required int PostRollSeconds { get; init; }

    /// <summary>Why it shall record now: continuous, schedule, job, event, operator; empty while nothing is wanted.</summary>
    public required IReadOnlyList<WishReason> Wanted { get; init; }

    /// <summary>Until when; absent for no end in sight.</summary>
    public Instant? WantedUntil { get; init; }

    public required int SegmentSeconds { get; init; }

    public required string Clock { get; init; }

    /// <summary>For rtsps: SHA-256 of the one certificate that is accepted; null asks the system's authorities.</summary>
    public string? CertificateSha256 { get; init; }

    /// <summary>Gaps are refilled from the camera's own storage.</summary>
    public required bool AnrEnabled { get; init; }

    /// <summary>Where that storage replays; absent for the usual address of the camera's host.</summary>
    public string? AnrReplayUrlTemplate { get; init; }

    /// <summary>Hours that its footage is kept; absent for the box's rule.</summary>
    public int? RetentionHours { get; init; }

    /// <summary>Most bytes of its footage; absent for the box's rule.</summary>
    public long? StorageQuotaBytes { get; init; }

    /// <summary>It is mirrored, by its own setting or the box's.</summary>
    public required bool MirrorEnabled { get; init; }

    /// <summary>Which of the camera's own events trigger its recording; absent for none.</summary>
    public CameraEventsView? Events { get; init; }

    /// <summary>yaml: change heldar.yaml; api: change it here.</summary>
    public required CameraOwner Owner { get; init; }

    public required CameraCondition State { get; init; }

    public string? Cause { get; init; }

    public string? Codec { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public required Instant CreatedAt { get; init; }
}

/// <summary>Which of a camera's own events trigger, without the credentials.</summary>
internal sealed record CameraEventsView(string? Address, IReadOnlyList<string> Topics, IReadOnlyList<string> Zones, string? Username, bool HasPassword);

/// <summary>Which of a camera's own events trigger. Put as a whole: what is missing takes its usual value.</summary>
internal sealed record CameraEventsWrite
{
    /// <summary>False follows none.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>http or https address of the ONVIF device service; without it the usual one of the camera's host.</summary>
    public string? Address { get; init; }

    /// <summary>Topics that trigger; without it motion, zones and lines.</summary>
    public IReadOnlyList<string>? Topics { get; init; }

    /// <summary>Names of the camera's rules that trigger; without it all.</summary>
    public IReadOnlyList<string>? Zones { get; init; }

    /// <summary>User name for ONVIF, where it is not the camera's.</summary>
    public string? Username { get; init; }

    public string? Password { get; init; }

    /// <summary>Fields that there are not.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; init; }
}

/// <summary>
/// Body of POST and PATCH. In a PATCH what is missing stays; an empty username or password is taken away. A field that there is not is refused: nobody believes it was kept.
/// </summary>
internal sealed record CameraWrite
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    /// <summary>rtsp or rtsps address; credentials in it are split off and sealed.</summary>
    public string? MainStreamUrl { get; init; }

    /// <summary>Another name for <see cref="MainStreamUrl"/>.</summary>
    public string? Url { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public bool? RecordAudio { get; init; }

    public bool? Enabled { get; init; }

    public bool? RecordEnabled { get; init; }

    /// <summary>2 to 300.</summary>
    public int? SegmentSeconds { get; init; }

    /// <summary>continuous, scheduled, event or scheduled_event.</summary>
    public string? RecordMode { get; init; }

    /// <summary>0 to 60.</summary>
    public int? PreRollSeconds { get; init; }

    /// <summary>0 to 3600.</summary>
    public int? PostRollSeconds { get; init; }

    /// <summary>box or camera.</summary>
    public string? Clock { get; init; }

    /// <summary>Refill gaps from the camera's own storage.</summary>
    public bool? AnrEnabled { get; init; }

    /// <summary>Where that storage replays: rtsp or rtsps, with {start} and {end} where the times belong in it; sealed whole. Empty for the usual address of the camera's host.</summary>
    public string? AnrReplayUrlTemplate { get; init; }

    /// <summary>Hours that its footage is kept, 1 to 43,800; 0 for the box's rule.</summary>
    public int? RetentionHours { get; init; }

    /// <summary>Most bytes of its footage, 64 MiB or more; 0 for the box's rule.</summary>
    public long? StorageQuotaBytes { get; init; }

    /// <summary>Copy its footage to the mirror, from the next segment on.</summary>
    public bool? MirrorEnabled { get; init; }

    /// <summary>Which of the camera's own events trigger its recording.</summary>
    public CameraEventsWrite? Events { get; init; }

    /// <summary>For rtsps: SHA-256 of the camera's own certificate, 64 hexadecimal digits, colons allowed; empty asks the system's authorities.</summary>
    public string? CertificateSha256 { get; init; }

    /// <summary>Fields that there are not.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; init; }
}

/// <summary>Answer of a camera test.</summary>
internal sealed record CameraTestDto(bool Reachable, string? Codec, int? Width, int? Height, string Url, string State, string? Error);

using System.Collections.Immutable;
using Heldar.Edge.Secrets;
using NodaTime;

namespace Heldar.Edge.Settings;

/// <summary>
/// What <c>heldar.yaml</c> says, checked and complete. An immutable snapshot: rooms read it, nobody writes it; state lives elsewhere.
/// </summary>
/// <param name="File">Absolute path of the file it was read from; relative paths in it start at its folder.</param>
/// <param name="Name">What people call the box, 1 to 100 characters.</param>
/// <param name="Listen">Address of the HTTP API. Loopback by default; port 0 lets the system choose.</param>
/// <param name="DataFolder">Absolute folder of keys, identity and database.</param>
/// <param name="TimeZone">IANA zone of the site; used for what people read, never for stored times.</param>
/// <param name="Recording">Where and how footage is written.</param>
/// <param name="Fleet">The cloud, or null for a box that works alone.</param>
/// <param name="Cameras">Desired cameras.</param>
internal sealed record BoxSettings(
    string File,
    string Name,
    Uri Listen,
    string DataFolder,
    DateTimeZone TimeZone,
    RecordingSettings Recording,
    FleetSettings? Fleet,
    ImmutableArray<CameraSettings> Cameras)
{
    /// <summary>How long and how much footage is kept.</summary>
    public RetentionSettings Retention { get; init; } = RetentionSettings.Default;

    /// <summary>Percent of the cameras that should record which must, or the box is not ready; 0 never asks. A default of 75 tells a failing box from a failing camera.</summary>
    public int MinRecordingPercent { get; init; } = 75;

    /// <summary>Bytes of the database above which its ledger is thinned, 1 MiB or more, default 4 GiB.</summary>
    public long MaxDatabaseBytes { get; init; } = 4L << 30;

    /// <summary>How log lines look; text by default.</summary>
    public LogForm Log { get; init; }

    /// <summary>Where traces and metrics are sent; null for nowhere.</summary>
    public TelemetrySettings? Telemetry { get; init; }

    /// <summary>How gaps are refilled from cameras' own storage.</summary>
    public AnrSettings Anr { get; init; } = AnrSettings.Default;

    /// <summary>Absolute paths of the files that hold secrets of these settings; a backup keeps them.</summary>
    public ImmutableArray<string> SecretFiles { get; init; } = [];
}

/// <summary>Where and how footage is written.</summary>
/// <param name="Volumes">Absolute folders that footage is recorded to, each best on its own disk; at least one.</param>
/// <param name="SegmentSeconds">Target length of a segment in seconds, 2 to 300, default 30. Longer means fewer files and events, later search by segment.</param>
internal sealed record RecordingSettings(ImmutableArray<string> Volumes, int SegmentSeconds)
{
    /// <summary>Memory of all cameras' pre-roll together, in MiB, 1 to 65536; beyond it the oldest goes to disk.</summary>
    public int PreRollBudgetMiB { get; init; } = DefaultPreRollBudgetMiB;

    public const int DefaultPreRollBudgetMiB = 512;
    public const int DefaultSegmentSeconds = 30;
    public const int MinSegmentSeconds = 2;
    public const int MaxSegmentSeconds = 300;
    public const int DefaultScrubMiBPerSecond = 4;
    public const int MaxScrubMiBPerSecond = 1000;

    /// <summary>All volumes with their roles, the primary ones of <see cref="Volumes"/> included.</summary>
    public ImmutableArray<VolumeSettings> AllVolumes { get; init; } = [];

    /// <summary>Whether cameras that do not say themselves are mirrored; it needs a volume with the role mirror.</summary>
    public bool Mirror { get; init; } = true;

    /// <summary>Whether a camera is mirrored.</summary>
    /// <param name="own">What its own settings say; null for nothing.</param>
    public bool Mirrors(bool? own) => HasMirror && (own ?? Mirror);

    /// <summary>There is a volume with the role mirror.</summary>
    public bool HasMirror => AllVolumes.Any(v => v.Role == VolumeRole.Mirror);

    /// <summary>Speed in MiB/s at which stored footage is read again and held against its hashes; 0 switches that off. Faster finds a bad disk sooner and costs reading.</summary>
    public int ScrubMiBPerSecond { get; init; } = DefaultScrubMiBPerSecond;

    public static RecordingSettings Of(ImmutableArray<VolumeSettings> volumes, int segmentSeconds) =>
        new([.. volumes.Where(v => v.Role == VolumeRole.Primary).Select(v => v.Path)], segmentSeconds) { AllVolumes = volumes };
}

/// <summary>What a volume is for.</summary>
internal enum VolumeRole
{
    /// <summary>Footage is recorded to it.</summary>
    Primary,

    /// <summary>It gets a copy of what is recorded.</summary>
    Mirror,

    /// <summary>What waits for the archive lies there.</summary>
    Staging,
}

/// <summary>One folder of the settings.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Mounted">It must not lie on the system's own disk: without a disk mounted there it is not used.</param>
internal sealed record VolumeSettings(string Path, VolumeRole Role, bool Mounted);

/// <summary>How the box reports to its fleet.</summary>
/// <param name="Url">Base address of the fleet service.</param>
/// <param name="EnrolmentToken">One-time token; only needed until the box is enrolled.</param>
/// <param name="Profile">How long events may wait to travel together.</param>
internal sealed record FleetSettings(Uri Url, Secret? EnrolmentToken, UplinkProfile Profile);

/// <summary>Trade between messages and delay.</summary>
internal enum UplinkProfile
{
    /// <summary>Events wait at most 1 s.</summary>
    Normal,

    /// <summary>Events wait at most 10 s: up to ten times fewer messages.</summary>
    Economy,
}

/// <summary>One camera as <c>heldar.yaml</c> wants it.</summary>
/// <param name="Id">Slug; unique in the file.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Url">rtsp or rtsps address without credentials.</param>
/// <param name="Username">User name at the camera, or null.</param>
/// <param name="Password">Password at the camera, or null.</param>
/// <param name="Audio">Record audio too; off by default.</param>
/// <param name="CameraClock">Take times from the camera's clock (RTCP) instead of the box's.</param>
/// <param name="Enabled">Record it; true by default.</param>
internal sealed record CameraSettings(string Id, string Name, string Url, string? Username, Secret? Password, bool Audio, bool CameraClock, bool Enabled)
{
    /// <summary>For rtsps: SHA-256 of the one certificate to accept, 64 lower-case hexadecimal digits; null asks the system's authorities.</summary>
    public string? Certificate { get; init; }

    /// <summary>Whether it is mirrored; null for what <see cref="RecordingSettings.Mirror"/> says.</summary>
    public bool? Mirror { get; init; }

    /// <summary>Hours that its footage is kept, 1 to <see cref="RetentionSettings.MaxHours"/>; null for the box's rule.</summary>
    public int? RetentionHours { get; init; }

    /// <summary>Most bytes of its footage; null for the box's rule.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>How gaps are refilled from the camera's own storage.</summary>
    public CameraAnr Anr { get; init; } = CameraAnr.Off;

    /// <summary>Which of its own events trigger its recording; null for none.</summary>
    public CameraEventSettings? Events { get; init; }

    /// <summary>When it records; always by default.</summary>
    public RecordMode Mode { get; init; }

    /// <summary>Seconds before an event that belong to its recording, 0 to 60, default 10. More costs memory while the camera waits.</summary>
    public int PreRollSeconds { get; init; } = RecordModes.DefaultPreRollSeconds;

    /// <summary>Seconds after the last event that belong to its recording, 0 to 3600, default 30.</summary>
    public int PostRollSeconds { get; init; } = RecordModes.DefaultPostRollSeconds;
}

/// <summary>Refilling one camera's gaps from its own storage.</summary>
/// <param name="Enabled">Do it.</param>
/// <param name="ReplayUrl">rtsp or rtsps address of its storage, with <c>{start}</c> and <c>{end}</c> where the times belong in it; null for the usual one of its host.</param>
internal sealed record CameraAnr(bool Enabled, Secret? ReplayUrl)
{
    public static CameraAnr Off { get; } = new(false, null);

    /// <summary>Reads an address. The mistake never repeats it, since it may hold a password.</summary>
    public static string? Mistake(string replayUrl) =>
        CameraUrl.TryParse(replayUrl.Replace("{start}", "0", StringComparison.Ordinal).Replace("{end}", "0", StringComparison.Ordinal), out _, out var problem) ? null : problem;
}

using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>Whose footage a recorder writes.</summary>
/// <param name="Uid">Global uid; stays through renames and moves to another box.</param>
/// <param name="Slug">Folder name of its footage.</param>
internal sealed record CameraIdentity(Guid Uid, string Slug);

/// <summary>A hole between two segments of one recorder: of more than 1 s, or of any length when a volume made it.</summary>
/// <param name="From">End of the footage before it that is on disk.</param>
/// <param name="To">Start of the footage after it that is on disk.</param>
/// <param name="Cause">The recorder's word for it.</param>
internal sealed record RecordingBreak(Instant From, Instant To, string Cause);

/// <summary>What one recorder has written. An immutable snapshot.</summary>
internal sealed record RecorderProgress
{
    /// <summary>Most holes that a snapshot carries.</summary>
    public const int KeptBreaks = 16;

    public static RecorderProgress Empty { get; } = new();

    /// <summary>Start of the unbroken recording that is still running; null when none runs.</summary>
    public Instant? RecordedSince { get; init; }

    /// <summary>End of the last fragment that would survive a power cut.</summary>
    public Instant? RecordedThrough { get; init; }

    /// <summary>End of the media that was handed to a volume; what of it is safe, <see cref="RecordedThrough"/> says.</summary>
    public Instant? MediaEnd { get; init; }

    /// <summary>Newest holes, oldest first, at most <see cref="KeptBreaks"/>.</summary>
    public IReadOnlyList<RecordingBreak> Breaks { get; init; } = [];

    /// <summary>Holes since the recorder was made.</summary>
    public long BreakCount { get; init; }

    /// <summary>Id of the running segment.</summary>
    public Guid? OpenSegment { get; init; }

    /// <summary>Start of the running segment.</summary>
    public Instant? OpenStart { get; init; }

    /// <summary>Absolute path of the running segment.</summary>
    public string? OpenPath { get; init; }

    /// <summary>Bytes of the running segment that are whole fragments and safe to read.</summary>
    public long OpenBytes { get; init; }

    /// <summary>Segments closed since the recorder was made.</summary>
    public long Segments { get; init; }

    /// <summary>Bytes written since the recorder was made.</summary>
    public long Bytes { get; init; }

    /// <summary>Video access units written since the recorder was made.</summary>
    public long Frames { get; init; }

    /// <summary>Video access units given up because the volume could not keep up or failed.</summary>
    public long DroppedFrames { get; init; }

    /// <summary>Audio access units left out.</summary>
    public long DroppedAudio { get; init; }

    /// <summary>The newest failure, for people; null when none happened.</summary>
    public string? LastError { get; init; }

    /// <summary>What kind of trouble a volume has, by the error of the operating system; none when media reached it since.</summary>
    public VolumeFault LastFault { get; init; }
}

using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>A simulated camera: what its box remembers of it. Owned by one box at a time; not thread-safe.</summary>
/// <param name="uid">Global uid.</param>
/// <param name="slug">Its name on its box.</param>
/// <param name="name">Its name for people.</param>
/// <param name="begin">Where its footage begins.</param>
internal sealed class SimCamera(Guid uid, string slug, string name, Instant begin)
{
    /// <summary>Segments that are remembered, newest last; older ones stay as they are.</summary>
    public const int MostSegments = 200;

    public Guid Uid { get; } = uid;

    public string Slug { get; } = slug;

    public string Name { get; } = name;

    /// <summary>End of the newest footage.</summary>
    public Instant Through { get; set; } = begin;

    /// <summary>Start of the unbroken recording.</summary>
    public Instant Since { get; set; } = begin;

    public Guid Run { get; set; }

    public List<SegmentData> Segments { get; } = [];

    /// <summary>The gap that is open, as it was last told.</summary>
    public GapData? Gap { get; set; }

    public List<HoldAppliedData> Holds { get; } = [];

    /// <summary>Nothing from here on is deleted: a hold covers it, or did.</summary>
    public Instant KeptFrom { get; set; } = Instant.MaxValue;

    /// <summary>The fleet has it as another box's: whatever this box says of it is refused.</summary>
    public bool Foreign { get; set; }

    public CameraDescription Describe() => new(Uid, Slug, Name, Enabled: true, "avc1.640028", 1920, 1080);

    public CameraProgress Progress() => new(Uid, Gap is null ? CameraCondition.Recording : CameraCondition.Offline, Since, Through);
}

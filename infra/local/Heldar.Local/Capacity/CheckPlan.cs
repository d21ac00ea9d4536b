using Heldar.Local.FleetSim;
using NodaTime;

namespace Heldar.Local.Capacity;

/// <summary>A run of the check: who tells what, and for how long. All that the model may know of it.</summary>
/// <param name="Load">The simulated fleet.</param>
/// <param name="Seconds">How long it tells, 20 to 240 s; the first <see cref="WarmSeconds"/> are not measured.</param>
/// <param name="PastSegments">Segments of the one past hour that each camera tells for the fold, 1 to 3600.</param>
/// <param name="PastEvents">Of each kind, so that tables are large enough to tell the size of a row, 0 to 3600.</param>
/// <param name="Seed">Of the boxes' chance.</param>
internal sealed record CheckPlan(CapacityInput Load, int Seconds, int PastSegments, int PastEvents, int Seed)
{
    /// <summary>What is left out at the beginning: descriptions, first batches, cold programs.</summary>
    public const int WarmSeconds = 12;

    /// <summary>The check that is kept: event rates of a busy site, in the economy profile or with another flush time.</summary>
    public static CheckPlan Of(int boxes, int seconds, double flushSeconds) => new(
        new CapacityInput
        {
            Boxes = boxes,
            Cameras = 4,
            SegmentSeconds = 30,
            FlushSeconds = flushSeconds,
            StatusSeconds = 2,
            DetectionsPerHour = 150,
            ZonesPerHour = 30,
            GapsPerHour = 6,
            SnapshotsPerHour = 20,
            StatesPerHour = 6,
            HoldsPerHour = 6,
            DescriptionsPerDay = 0,
            Webhooks = 1,
            RetriesPerDelivery = 0,
            CopiesPerMessage = 0,
            DeadLetterShare = 0,
            Tunnels = false,
        },
        seconds,
        PastSegments: 60,
        PastEvents: 20,
        Seed: 11);

    /// <summary>Another fleet in everything that may matter, for the figures of <see cref="Calibration"/>.</summary>
    public static CheckPlan ForCalibration(int boxes, int seconds) => new(
        new CapacityInput
        {
            Boxes = boxes,
            Cameras = 6,
            SegmentSeconds = 20,
            FlushSeconds = 2,
            StatusSeconds = 5,
            DetectionsPerHour = 240,
            ZonesPerHour = 120,
            GapsPerHour = 20,
            SnapshotsPerHour = 60,
            StatesPerHour = 20,
            HoldsPerHour = 20,
            DescriptionsPerDay = 0,
            Webhooks = 1,
            RetriesPerDelivery = 0,
            CopiesPerMessage = 0,
            DeadLetterShare = 0,
            Tunnels = false,
        },
        seconds,
        PastSegments: 180,
        PastEvents: 60,
        Seed: 5);

    /// <summary>What is out of range; empty when nothing is.</summary>
    public IReadOnlyList<string> Mistakes()
    {
        List<string> found = [.. Load.Mistakes()];
        if (Load.Boxes > 1000) found.Add("--check is 1 to 1000 boxes");
        if (Seconds is < 20 or > 240) found.Add("--seconds is 20 to 240");
        return found;
    }

    /// <summary>The same as simulated boxes understand it.</summary>
    public FleetSimOptions Simulated(string folder) => new(Load.Boxes, folder)
    {
        Throwaway = true,
        Seconds = Seconds,
        Cameras = Load.Cameras,
        Seed = Seed,
        Flush = Duration.FromSeconds(Load.FlushSeconds),
        ResendAfter = Duration.FromMinutes(2),
        Heartbeat = Duration.FromSeconds(Operations.HeartbeatSeconds),
        Steady = new SteadyLoad
        {
            SegmentSeconds = Load.SegmentSeconds,
            StatusSeconds = Load.StatusSeconds,
            SweepSeconds = Math.Max(Load.SegmentSeconds, Operations.SweepSeconds),
            DetectionsPerHour = Load.DetectionsPerHour,
            ZonesPerHour = Load.ZonesPerHour,
            GapsPerHour = Load.GapsPerHour,
            SnapshotsPerHour = Load.SnapshotsPerHour,
            StatesPerHour = Load.StatesPerHour,
            HoldsPerHour = Load.HoldsPerHour,
        },
    };
}

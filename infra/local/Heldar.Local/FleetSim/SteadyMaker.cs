using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>What each camera of a box tells, as a configuration implies it. Rates are per camera and hour, and events come at any time unless said otherwise.</summary>
internal sealed record SteadyLoad
{
    /// <summary>A segment closes every so many seconds.</summary>
    public double SegmentSeconds { get; init; } = 30;

    /// <summary>A box tells its status every so many seconds.</summary>
    public double StatusSeconds { get; init; } = 2;

    /// <summary>A box deletes the oldest footage of all its cameras every so many seconds: its sweep.</summary>
    public double SweepSeconds { get; init; } = 60;

    public double DetectionsPerHour { get; init; }

    public double ZonesPerHour { get; init; }

    public double GapsPerHour { get; init; }

    public double SnapshotsPerHour { get; init; }

    public double StatesPerHour { get; init; }

    /// <summary>Holds and their ends.</summary>
    public double HoldsPerHour { get; init; }
}

/// <summary>
/// Makes what a calm box tells, each event when it is due: segments, status and sweeps at fixed periods from a phase of their own, all else at any time (exponential
/// distances). The same seed and box give the same distances. Not thread-safe.
/// </summary>
internal sealed class SteadyMaker(SteadyLoad load, EventMaker maker, SimRandom random)
{
    /// <summary>The zone of all zone events but those of past hours.</summary>
    public const string Zone = "z1";

    private readonly PriorityQueue<(Func<Instant, long, IEnumerable<SimEvent>> Make, Func<double> Wait), Instant> _due = new();

    /// <summary>When the next event is due.</summary>
    public Instant Next => _due.TryPeek(out _, out Instant next) ? next : Instant.MaxValue;

    /// <summary>Sets the phases.</summary>
    public void Begin(Instant start)
    {
        _due.Clear();
        Repeat(start, load.StatusSeconds, (at, backlog) => [maker.Status(at, backlog)]);
        Repeat(start, load.SweepSeconds, (at, _) => maker.Cameras.Select(c => Delete(c, at)));
        foreach (SimCamera camera in maker.Cameras)
        {
            camera.Through = camera.Since = start;
            Repeat(start, load.SegmentSeconds, (at, _) => [Segment(camera, at - Duration.FromSeconds(load.SegmentSeconds), at)]);
            AnyTime(start, load.DetectionsPerHour, at => Of(camera, EventTypes.Detection, NewId(at), at, Detection(camera, at)));
            AnyTime(start, load.ZonesPerHour, at => Of(camera, EventTypes.Zone, NewId(at), at, Seen(camera, at, Zone)));
            AnyTime(start, load.GapsPerHour, at => Gap(camera, at));
            AnyTime(start, load.SnapshotsPerHour, at => Snapshot(camera, at));
            AnyTime(start, load.StatesPerHour, at => Of(camera, EventTypes.CameraState, NewId(at), at, maker.StateOf(camera, CameraCondition.Stalled)));
            AnyTime(start, load.HoldsPerHour, at => Hold(camera, at));
        }
    }

    /// <summary>What is due by now, each with the moment at which it was.</summary>
    public IReadOnlyList<(SimEvent Event, Instant Due)> Due(Instant now, long backlog)
    {
        List<(SimEvent, Instant)> made = [];
        while (_due.TryPeek(out var one, out Instant at) && at <= now)
        {
            _due.Dequeue();
            made.AddRange(one.Make(Whole(at), backlog).Select(e => (e, at)));
            _due.Enqueue(one, at + Duration.FromSeconds(one.Wait()));
        }

        return made;
    }

    /// <summary>Segments that fill an hour of a camera evenly, and events of each kind, in another zone than <see cref="Zone"/>.</summary>
    public IEnumerable<SimEvent> PastHour(SimCamera camera, Instant hour, int segments, int events)
    {
        var length = Duration.FromSeconds(3600 / segments);
        for (var n = 0; n < segments; n++) yield return Segment(camera, hour + (length * n), hour + (length * (n + 1)), advance: false);
        for (var n = 0; n < events; n++)
        {
            Instant at = hour + Duration.FromSeconds(n + 1);
            yield return Of(camera, EventTypes.Detection, NewId(at), at, Detection(camera, at));
            yield return Of(camera, EventTypes.Zone, NewId(at), at, Seen(camera, at, "z2"));
            yield return Gap(camera, at);
            yield return Snapshot(camera, at);
        }
    }

    private void Repeat(Instant start, double seconds, Func<Instant, long, IEnumerable<SimEvent>> make) => _due.Enqueue((make, () => seconds), start + Duration.FromSeconds(seconds * random.Share()));

    private void AnyTime(Instant start, double perHour, Func<Instant, SimEvent> make)
    {
        if (perHour <= 0) return;
        double Wait() => -Math.Log(1 - random.Fraction()) * 3600 / perHour;
        _due.Enqueue(((at, _) => [make(at)], Wait), start + Duration.FromSeconds(Wait()));
    }

    private SimEvent Segment(SimCamera camera, Instant start, Instant end, bool advance = true)
    {
        var data = new SegmentData
        {
            Segment = random.Id(start),
            Camera = camera.Uid,
            Revision = 1,
            Run = camera.Run,
            Start = start,
            End = end,
            Bytes = 15_000_000 + random.Below(1_000_000),
            Codec = "avc1.640028",
            Width = 1920,
            Height = 1080,
            Frames = (int)(25 * (end - start).TotalSeconds),
            Sha256 = random.Hash(),
            Root = random.Hash(),
            Reason = "closed",
        };
        if (advance) camera.Through = end;
        return Of(camera, EventTypes.SegmentClosed, EventIds.ForSegment(data.Segment, EventTypes.SegmentClosed, 1), end, data);
    }

    /// <summary>Footage of a month ago: as long as the sweep's period.</summary>
    private SimEvent Delete(SimCamera camera, Instant at)
    {
        Instant to = at - Duration.FromDays(30);
        var data = new FootageDeletedData { Camera = camera.Uid, From = to - Duration.FromSeconds(load.SweepSeconds), To = to, Reason = "age", Count = Math.Max(1, (long)(load.SweepSeconds / load.SegmentSeconds)), Bytes = 30_000_000 };
        return Of(camera, EventTypes.FootageDeleted, NewId(at), at, data);
    }

    private DetectionData Detection(SimCamera camera, Instant at) => new()
    {
        Camera = camera.Uid,
        TaskType = "object_detection",
        Timestamp = at,
        FrameId = random.Below(1_000_000).ToString("x"),
        Detections = [.. Enumerable.Range(0, 1 + random.Below(3)).Select(_ => new Detection("person", random.Share(), [random.Share() / 2, random.Share() / 2, 0.25, 0.5], $"t{random.Below(50)}"))],
    };

    private ZoneData Seen(SimCamera camera, Instant at, string zone) => new()
    {
        Camera = camera.Uid,
        Zone = zone,
        Name = "Entrance",
        Event = ZoneEvent.Enter,
        Timestamp = at,
        TrackId = $"t{random.Below(50)}",
        Label = "person",
        Confidence = random.Share(),
        Severity = Severity.Critical,
    };

    private SimEvent Gap(SimCamera camera, Instant at)
    {
        var data = new GapData { Gap = random.Id(at), Camera = camera.Uid, Revision = 1, Start = at - Duration.FromSeconds(1), End = at, Cause = GapCause.Network, Detail = "simulated" };
        return Of(camera, EventTypes.Gap, EventIds.ForGap(data.Gap, 1), at, data);
    }

    private SimEvent Snapshot(SimCamera camera, Instant at)
    {
        var data = new SnapshotTakenData { Snapshot = random.Id(at), Camera = camera.Uid, TakenAt = at, Bytes = 90_000, Width = 1920, Height = 1080, Sha256 = random.Hash(), Reason = SnapshotReason.Request };
        return Of(camera, EventTypes.SnapshotTaken, data.Snapshot.ToString("D"), at, data);
    }

    /// <summary>Placed, then ended, in turn.</summary>
    private SimEvent Hold(SimCamera camera, Instant at)
    {
        if (camera.Holds.Count > 0)
        {
            HoldAppliedData hold = camera.Holds[0];
            camera.Holds.RemoveAt(0);
            var ended = new HoldReleasedData { HoldId = hold.Hold, Camera = camera.Uid, ReleasedAt = at, ReleasedBy = "simulator", Reason = HoldEnd.Released };
            return Of(camera, EventTypes.HoldReleased, EventIds.ForHoldEnd(hold.Hold), at, ended);
        }

        var data = new HoldAppliedData { Hold = random.Id(at), Camera = camera.Uid, From = at - Duration.FromMinutes(1), To = at, Reason = "simulated incident", Owner = "simulator", Case = "case-1" };
        camera.Holds.Add(data);
        return Of(camera, EventTypes.HoldApplied, data.Hold.ToString("D"), at, data);
    }

    private string NewId(Instant at) => random.Id(at).ToString("D");

    private static SimEvent Of<T>(SimCamera camera, string type, string id, Instant at, T data) => SimEvent.Of(type, id, camera.Uid, at, data, SimOutcome.Applied);

    private static Instant Whole(Instant time) => Instant.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}

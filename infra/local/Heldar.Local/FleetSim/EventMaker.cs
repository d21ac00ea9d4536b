using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>
/// Makes what one box would tell: footage with gaps, revisions and deletions, what was seen, stills, states, holds. The same seed, box and start make the same
/// events in the same order. Footage runs on a clock of its own that begins hours before the start and never reaches it, so that hours are folded, too.
/// Not thread-safe.
/// </summary>
internal sealed class EventMaker
{
    private const int SegmentMs = 4000;
    private static readonly string[] Labels = ["person", "car", "truck", "bicycle", "dog"];
    private readonly SimRandom _random;
    private readonly List<SimCamera> _cameras = [];
    private readonly string _name;
    private long _boot = 1;
    private long _seq;
    private long _free = 900_000_000_000;

    /// <param name="seed">Of the run.</param>
    /// <param name="box">Number of the box, from 0.</param>
    /// <param name="start">When the run starts.</param>
    /// <param name="options">Cameras, rate and length.</param>
    public EventMaker(int seed, int box, Instant start, FleetSimOptions options)
    {
        _random = new SimRandom(seed, box);
        _name = $"Simulated box {box + 1}";
        var begin = Whole(start) - Duration.FromHours(2) - Duration.FromSeconds((long)(options.Seconds * options.Rate * SegmentMs / 1000)) - Duration.FromMinutes(box % 50);
        for (var i = 0; i < options.Cameras; i++)
            _cameras.Add(new SimCamera(_random.Id(start), $"cam{i:00}", $"Camera {i + 1} of {_name}", begin) { Run = _random.Id(begin) });
    }

    public IReadOnlyList<SimCamera> Cameras => _cameras;

    /// <summary>This start of the box, from 1.</summary>
    public long Boot => _boot;

    /// <summary>The box starts anew.</summary>
    public void Reboot() => (_boot, _seq) = (_boot + 1, 0);

    /// <summary>Another box, which knows its cameras from a backup, and nothing of their footage.</summary>
    public void Replace()
    {
        (_boot, _seq) = (1, 0);
        foreach (SimCamera camera in _cameras) Forget(camera);
    }

    /// <summary>A camera leaves for another box.</summary>
    public SimCamera Give()
    {
        SimCamera camera = _cameras[^1];
        _cameras.Remove(camera);
        return camera;
    }

    /// <summary>A camera comes that the fleet has as another box's.</summary>
    public void Take(SimCamera camera)
    {
        camera.Foreign = true;
        Forget(camera);
        _cameras.Add(camera);
    }

    /// <summary>What the box says of itself at its start and when its cameras change.</summary>
    public SimEvent Describe(Instant now) => Own(
        EventTypes.BoxDescribed, now,
        new BoxDescribedData { BootSeq = _boot, Seq = ++_seq, Name = _name, Version = "0.1.0-sim", Cameras = [.. _cameras.Where(c => !c.Foreign).Select(c => c.Describe())], Capabilities = ["record"] });

    /// <summary>Disk, backlog, and how far each camera is recorded.</summary>
    public SimEvent Status(Instant now, long backlog) => Own(
        EventTypes.BoxStatus, now,
        new BoxStatusData
        {
            BootSeq = _boot,
            Seq = ++_seq,
            DiskFreeBytes = _free,
            DiskTotalBytes = 1_000_000_000_000,
            OutboxBacklog = backlog,
            Cameras = [.. _cameras.Where(c => !c.Foreign).Select(c => c.Progress())],
        });

    /// <summary>The next thing that happens.</summary>
    public SimEvent Next(Instant now, long backlog)
    {
        SimCamera camera = _random.Of(_cameras);
        if (camera.Gap is { } open) return CloseGap(camera, open, now);
        return _random.Below(100) switch
        {
            < 50 => Segment(camera, now),
            < 55 when camera.Segments.Count > 0 => Revise(camera, now),
            < 60 => OpenGap(camera, now),
            < 78 => Detect(camera, now),
            < 84 => Zone(camera, now),
            < 89 => Snapshot(camera, now),
            < 92 when !camera.Foreign => State(camera, now),
            < 95 => Status(now, backlog),
            < 97 when camera.Segments.Count > 2 => Hold(camera, now),
            < 98 when camera.Holds.Count > 0 => Release(camera, now),
            < 100 when camera.Segments.Count > 8 && camera.Segments[3].Start < camera.KeptFrom => Delete(camera, now),
            _ => Segment(camera, now),
        };
    }

    private static void Forget(SimCamera camera)
    {
        camera.Gap = null;
        camera.Segments.Clear();
        camera.Holds.Clear();
    }

    private SimEvent Segment(SimCamera camera, Instant now)
    {
        Instant start = camera.Through;
        Instant end = start + Duration.FromMilliseconds(SegmentMs + _random.Below(200));
        var data = new SegmentData
        {
            Segment = _random.Id(start),
            Camera = camera.Uid,
            Revision = 1,
            Run = camera.Run,
            Start = start,
            End = end,
            Bytes = 500_000 + _random.Below(1_000_000),
            Codec = "avc1.640028",
            Width = 1920,
            Height = 1080,
            Frames = 100,
            Sha256 = _random.Hash(),
            Root = _random.Hash(),
            Reason = "closed",
        };
        _free -= data.Bytes;
        camera.Through = end;
        camera.Segments.Add(data);
        if (camera.Segments.Count > SimCamera.MostSegments) camera.Segments.RemoveAt(0);
        return Of(camera, EventTypes.SegmentClosed, EventIds.ForSegment(data.Segment, EventTypes.SegmentClosed, 1), now, data, SimOutcome.NewestWins);
    }

    private SimEvent Revise(SimCamera camera, Instant now)
    {
        int at = _random.Below(camera.Segments.Count);
        SegmentData data = camera.Segments[at] with { Revision = camera.Segments[at].Revision + 1, Sha256 = _random.Hash(), Root = _random.Hash(), Frames = 90, Reason = "salvaged" };
        camera.Segments[at] = data;
        return Of(camera, EventTypes.SegmentRevised, EventIds.ForSegment(data.Segment, EventTypes.SegmentRevised, data.Revision), now, data, SimOutcome.NewestWins);
    }

    private SimEvent OpenGap(SimCamera camera, Instant now)
    {
        var data = new GapData { Gap = _random.Id(camera.Through), Camera = camera.Uid, Revision = 1, Start = camera.Through, Cause = _random.Of(Enum.GetValues<GapCause>()), Detail = "simulated" };
        camera.Gap = data;
        return Of(camera, EventTypes.Gap, EventIds.ForGap(data.Gap, 1), now, data, SimOutcome.NewestWins);
    }

    private SimEvent CloseGap(SimCamera camera, GapData open, Instant now)
    {
        GapData data = open with { Revision = open.Revision + 1, End = open.Start + Duration.FromMilliseconds(500 + _random.Below(3000)) };
        camera.Gap = null;
        camera.Through = camera.Since = data.End!.Value;
        camera.Run = _random.Id(camera.Through);
        return Of(camera, EventTypes.Gap, EventIds.ForGap(data.Gap, data.Revision), now, data, SimOutcome.NewestWins);
    }

    private SimEvent Detect(SimCamera camera, Instant now)
    {
        var data = new DetectionData
        {
            Camera = camera.Uid,
            TaskType = "object_detection",
            Timestamp = camera.Through - Duration.FromMilliseconds(_random.Below(3000)),
            FrameId = _random.Below(1_000_000).ToString("x"),
            Detections = [.. Enumerable.Range(0, 1 + _random.Below(3)).Select(_ => new Detection(_random.Of(Labels), _random.Share(), [_random.Share() / 2, _random.Share() / 2, 0.25, 0.5], $"t{_random.Below(50)}"))],
        };
        return Of(camera, EventTypes.Detection, _random.Id(now).ToString("D"), now, data, SimOutcome.Applied);
    }

    private SimEvent Zone(SimCamera camera, Instant now)
    {
        ZoneEvent what = _random.Of(Enum.GetValues<ZoneEvent>());
        var data = new ZoneData
        {
            Camera = camera.Uid,
            Zone = "z1",
            Name = "Entrance",
            Event = what,
            Timestamp = camera.Through - Duration.FromMilliseconds(_random.Below(3000)),
            TrackId = $"t{_random.Below(50)}",
            Label = _random.Of(Labels),
            Confidence = _random.Share(),
            Severity = _random.Of(Enum.GetValues<Severity>()),
            DwellMs = what is ZoneEvent.Dwell or ZoneEvent.Exit ? _random.Below(60_000) : null,
        };
        return Of(camera, EventTypes.Zone, _random.Id(now).ToString("D"), now, data, SimOutcome.Applied);
    }

    private SimEvent Snapshot(SimCamera camera, Instant now)
    {
        var data = new SnapshotTakenData
        {
            Snapshot = _random.Id(now),
            Camera = camera.Uid,
            TakenAt = camera.Through - Duration.FromMilliseconds(_random.Below(3000)),
            Bytes = 50_000 + _random.Below(100_000),
            Width = 1920,
            Height = 1080,
            Sha256 = _random.Hash(),
            Reason = _random.Of(Enum.GetValues<SnapshotReason>()),
        };
        return Of(camera, EventTypes.SnapshotTaken, data.Snapshot.ToString("D"), now, data, SimOutcome.Applied);
    }

    private SimEvent State(SimCamera camera, Instant now)
    {
        CameraCondition condition = _random.Of([CameraCondition.Recording, CameraCondition.Stalled, CameraCondition.Offline]);
        return Of(camera, EventTypes.CameraState, _random.Id(now).ToString("D"), now, StateOf(camera, condition), SimOutcome.NewestWins);
    }

    /// <summary>A camera's condition under the box's next number.</summary>
    public CameraStateData StateOf(SimCamera camera, CameraCondition condition) => new()
    {
        BootSeq = _boot,
        Seq = ++_seq,
        Camera = camera.Uid,
        Name = camera.Name,
        Condition = condition,
        Cause = condition == CameraCondition.Recording ? null : "simulated",
        Since = camera.Through,
    };

    private SimEvent Hold(SimCamera camera, Instant now)
    {
        SegmentData from = camera.Segments[^2];
        var data = new HoldAppliedData { Hold = _random.Id(now), Camera = camera.Uid, From = from.Start, To = camera.Through, Reason = "simulated incident", Owner = "simulator", Case = $"case-{_random.Below(1000)}" };
        camera.Holds.Add(data);
        if (from.Start < camera.KeptFrom) camera.KeptFrom = from.Start;
        return Of(camera, EventTypes.HoldApplied, data.Hold.ToString("D"), now, data, SimOutcome.Applied);
    }

    private static SimEvent Release(SimCamera camera, Instant now)
    {
        HoldAppliedData hold = camera.Holds[0];
        camera.Holds.RemoveAt(0);
        var data = new HoldReleasedData { HoldId = hold.Hold, Camera = camera.Uid, ReleasedAt = Whole(now), ReleasedBy = "simulator", Reason = HoldEnd.Released };
        return Of(camera, EventTypes.HoldReleased, EventIds.ForHoldEnd(hold.Hold), now, data, SimOutcome.Applied);
    }

    private SimEvent Delete(SimCamera camera, Instant now)
    {
        List<SegmentData> gone = [.. camera.Segments.Take(3)];
        camera.Segments.RemoveRange(0, 3);
        var data = new FootageDeletedData { Camera = camera.Uid, From = gone[0].Start, To = camera.Segments[0].Start, Reason = "age", Count = gone.Count, Bytes = gone.Sum(s => s.Bytes) };
        _free += data.Bytes;
        return Of(camera, EventTypes.FootageDeleted, _random.Id(now).ToString("D"), now, data, SimOutcome.Applied);
    }

    private static SimEvent Of<T>(SimCamera camera, string type, string id, Instant now, T data, SimOutcome outcome) =>
        SimEvent.Of(type, id, camera.Uid, Whole(now), data, camera.Foreign ? SimOutcome.Refused : outcome);

    private SimEvent Own<T>(string type, Instant now, T data) => SimEvent.Of(type, _random.Id(now).ToString("D"), null, Whole(now), data, SimOutcome.NewestWins);

    private static Instant Whole(Instant time) => Instant.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}

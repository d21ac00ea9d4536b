using System.Text.Json;
using System.Text.Json.Serialization;
using Heldar.Local.FleetSim;
using Heldar.Local.Judge;

namespace Heldar.Local.Drills;

/// <summary>What a drill found: one JSON object with names in snake_case. A count that the drill does not take is null.</summary>
internal sealed record DrillReport
{
    /// <summary>Bar of <see cref="ReconnectMs"/> and <see cref="ResumeMs"/>.</summary>
    public const long MostAwayMs = 10_000;
    private static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly JsonSerializerOptions Indented = new(Line) { WriteIndented = true };

    /// <summary>Name of the drill.</summary>
    public required string Drill { get; init; }

    /// <summary>Every bar holds, and the judge found every fault that was put in first.</summary>
    public bool Ok => Problems.Count == 0 && Skipped is null;

    /// <summary>Why this machine cannot do it; absent when it could.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Skipped { get; init; }

    /// <summary>Accidents.</summary>
    public int Runs { get; init; }

    /// <summary>What one of <see cref="Runs"/> is.</summary>
    public string Run { get; init; } = "";

    /// <summary>Cameras that were recorded.</summary>
    public int Cameras { get; init; }

    /// <summary>Segments on disk at the end.</summary>
    public int Segments { get; init; }

    /// <summary>Segments that ffmpeg cannot decode from first to last frame without complaint. Bar: 0.</summary>
    public int? UnreadableSegments { get; init; }

    /// <summary>Segments that the box had closed and that are gone or changed. Bar: 0.</summary>
    public int? LostClosedSegments { get; init; }

    /// <summary>Footage that one accident cost one camera, the most of all, ms. Bar: 2000 for a kill and a power cut.</summary>
    public long? MaxLostMs { get; init; }

    /// <summary>Frames that two files hold, and files with one id. Bar: 0.</summary>
    public long? Duplicates { get; init; }

    /// <summary>Held segments that are gone or changed, and holds that the box forgot. Bar: 0.</summary>
    public int? HeldLost { get; init; }

    /// <summary>Closed segments that are gone after the clock moved. Bar: 0.</summary>
    public int? DeletedByClock { get; init; }

    /// <summary>Neighbours of one run that overlap. Bar: 0.</summary>
    public int? OverlapsInRun { get; init; }

    /// <summary>Holes of more than a second that no gap explains, and gaps that are not there. Bar: 0.</summary>
    public int? UnexplainedGaps { get; init; }

    /// <summary>Frames that cameras sent and no file holds, apart from what the accident may cost. Bar: 0.</summary>
    public long? FramesLost { get; init; }

    /// <summary>Growth of the box's own memory (not of file pages, which the kernel drops when it needs them) by a robust fit (Theil–Sen), MB per hour. Bar: 5.</summary>
    public double? MemorySlopeMbPerH { get; init; }

    /// <summary>From the camera's return until its first frame that is on disk, the longest of all, ms. Bar: 10,000.</summary>
    public long? ReconnectMs { get; init; }

    /// <summary>From the disk's return until the first frame that is on it, the longest of all, ms. Bar: 10,000.</summary>
    public long? ResumeMs { get; init; }

    /// <summary>Events that a queue accepted, and files that a box closed.</summary>
    public int? EventsSent { get; init; }

    /// <summary>Of these, events that the index does not have. Bar: 0.</summary>
    public int? EventsLost { get; init; }

    /// <summary>Things that the index has more than once, hours that count more than there is, and events that were delivered under a second id. Bar: 0.</summary>
    public int? AppliedTwice { get; init; }

    /// <summary>Things that the index has otherwise than they were told, or that nobody told. Bar: 0.</summary>
    public int? IndexMismatches { get; init; }

    /// <summary>Events that the drill's webhook endpoint wants and had to get.</summary>
    public int? DeliveriesExpected { get; init; }

    /// <summary>Of these, events that its receiver never took. Bar: 0.</summary>
    public int? DeliveriesLost { get; init; }

    /// <summary>Calls that the receiver took although it had taken one of the same <c>webhook-id</c>, as a kill between answer and bookkeeping may cause.</summary>
    public int? DeliveredTwice { get; init; }

    /// <summary>Calls that were not signed as they must be, or did not tell what was sent. Bar: 0.</summary>
    public int? DeliveriesWrong { get; init; }

    /// <summary>Figures of this drill alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, object>? More { get; init; }

    /// <summary>Faults that were put into a copy of real recordings, and that the judge found, before anything counted.</summary>
    public IReadOnlyList<string> Proved { get; init; } = [];

    /// <summary>How long it took, seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>What did not hold, in words; empty when all is well.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Takes the counts of a verdict.</summary>
    public DrillReport With(RecordingVerdict verdict) => this with
    {
        Segments = Segments + verdict.Segments,
        UnreadableSegments = (UnreadableSegments ?? 0) + verdict.UnreadableSegments,
        LostClosedSegments = (LostClosedSegments ?? 0) + verdict.LostClosedSegments,
        MaxLostMs = Math.Max(MaxLostMs ?? 0, verdict.MaxLostMs),
        Duplicates = (Duplicates ?? 0) + verdict.Duplicates,
        HeldLost = (HeldLost ?? 0) + verdict.HeldLost,
        OverlapsInRun = (OverlapsInRun ?? 0) + verdict.OverlapsInRun,
        UnexplainedGaps = (UnexplainedGaps ?? 0) + verdict.UnexplainedGaps,
        FramesLost = (FramesLost ?? 0) + verdict.FramesLost,
        Problems = [.. Problems, .. verdict.Problems],
    };

    /// <summary>Takes the counts of what the index says.</summary>
    public DrillReport With(IndexVerdict verdict) => this with
    {
        EventsSent = (EventsSent ?? 0) + verdict.EventsSent,
        EventsLost = (EventsLost ?? 0) + verdict.EventsLost,
        AppliedTwice = (AppliedTwice ?? 0) + verdict.AppliedTwice,
        IndexMismatches = (IndexMismatches ?? 0) + verdict.IndexMismatches,
        Problems = [.. Problems, .. verdict.Problems],
    };

    /// <summary>Takes the counts of what a webhook receiver was told.</summary>
    public DrillReport With(HookVerdict verdict) => this with
    {
        DeliveriesExpected = (DeliveriesExpected ?? 0) + verdict.Expected,
        DeliveriesLost = (DeliveriesLost ?? 0) + verdict.Lost,
        DeliveredTwice = (DeliveredTwice ?? 0) + verdict.Again,
        DeliveriesWrong = (DeliveriesWrong ?? 0) + verdict.Wrong,
        AppliedTwice = (AppliedTwice ?? 0) + verdict.Second,
        Problems = [.. Problems, .. verdict.Problems],
    };

    /// <summary>Takes how long a camera that was back was not recorded, ms.</summary>
    public DrillReport Reconnected(long ms) => (this with { ReconnectMs = Math.Max(ReconnectMs ?? 0, ms) }).Check(ms < MostAwayMs, $"a camera was recorded only {ms} ms after its return");

    /// <summary>Takes how long nothing was recorded although it could be again, ms.</summary>
    /// <param name="ms">How long.</param>
    /// <param name="after">After what, in words.</param>
    public DrillReport Resumed(long ms, string after) => (this with { ResumeMs = Math.Max(ResumeMs ?? 0, ms) }).Check(ms < MostAwayMs, $"a camera was recorded only {ms} ms after {after}");

    /// <summary>Adds a problem unless <paramref name="holds"/>.</summary>
    public DrillReport Check(bool holds, string problem) => holds ? this : this with { Problems = [.. Problems, problem] };

    /// <summary>The object: on one line for programs, indented for people.</summary>
    public string ToJson(bool indented) => JsonSerializer.Serialize(this, indented ? Indented : Line);
}

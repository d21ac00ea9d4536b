using System.Text.Json;

namespace Heldar.Local.FleetSim;

/// <summary>What a run of simulated boxes came to: one JSON object with names in snake_case. A count that was not taken is null.</summary>
internal sealed record FleetSimReport
{
    private static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly JsonSerializerOptions Indented = new(Line) { WriteIndented = true };

    /// <summary>Simulated boxes.</summary>
    public required int FleetSim { get; init; }

    /// <summary>Everything was judged, every bar holds, and the judge found every fault that was put in first.</summary>
    public bool Ok => Problems.Count == 0 && EventsLost is not null;

    public int Seed { get; init; }

    public double Seconds { get; init; }

    public int? EventsSent { get; init; }

    public int? EventsLost { get; init; }

    public int? AppliedTwice { get; init; }

    public int? IndexMismatches { get; init; }

    public int? BatchesLost { get; init; }

    /// <summary>Events of a camera that had moved, refused as they must be.</summary>
    public int? Refused { get; init; }

    /// <summary>Messages that queues accepted, repeats included.</summary>
    public int Messages { get; init; }

    /// <summary>The same bytes put again.</summary>
    public int Repeats { get; init; }

    /// <summary>Messages without repeats, per second of the run.</summary>
    public double MessagesPerSecond { get; init; }

    /// <summary>Calls that failed and were tried again.</summary>
    public int Failures { get; init; }

    /// <summary>How often the fleet told a box that its clock is off.</summary>
    public int ClockRefusals { get; init; }

    /// <summary>Boxes of which the cloud did not have everything when the drain's time was over. Bar: 0.</summary>
    public int BoxesBehind { get; init; }

    /// <summary>From the put of a hold or deletion to its commit, ms.</summary>
    public double? AppliedP50Ms { get; init; }

    /// <summary>The same, 95th percentile.</summary>
    public double? AppliedP95Ms { get; init; }

    /// <summary>From the end of the run until the cloud had everything, s.</summary>
    public double DrainSeconds { get; init; }

    /// <summary>The ground truth.</summary>
    public string Log { get; init; } = "";

    /// <summary>Events by type.</summary>
    public IReadOnlyDictionary<string, int> Types { get; init; } = new Dictionary<string, int>();

    /// <summary>First puts by queue.</summary>
    public IReadOnlyDictionary<string, int> Queues { get; init; } = new Dictionary<string, int>();

    /// <summary>How long a batch was open on average, s, by queue: the flush time as it was, on a machine that may have been slow.</summary>
    public IReadOnlyDictionary<string, double> FlushSeconds { get; init; } = new Dictionary<string, double>();

    /// <summary>Faults that were put into the index, and that the judge found, before anything counted.</summary>
    public IReadOnlyList<string> Proved { get; init; } = [];

    /// <summary>What did not hold, in words; empty when all is well.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    public string ToJson(bool indented) => JsonSerializer.Serialize(this, indented ? Indented : Line);
}

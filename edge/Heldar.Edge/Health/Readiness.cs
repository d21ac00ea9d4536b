using System.Text.Json.Serialization;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>Answer of <c>/readyz</c>; <c>/health</c> adds warnings.</summary>
internal sealed record ReadinessDto
{
    public required bool Ready { get; init; }

    /// <summary><c>insufficient_recorders</c> when that is a cause; for programs that fail over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>What stands in the way; empty when ready.</summary>
    public required IReadOnlyList<string> Causes { get; init; }

    /// <summary>Of the cameras that should record now, how many do, in percent.</summary>
    public required double RecordingPct { get; init; }

    /// <summary>How many must, in percent.</summary>
    public required double RequiredPct { get; init; }

    /// <summary>What works and will not for long, or stands in nobody's way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>Whether the box can do its work: cameras started and enough of them recording, volumes there and written to, space not taken by held evidence. Thread-safe.</summary>
internal sealed class Readiness(CamerasStarted started, CameraRegistry cameras, RecordingQuorum quorum, VolumeKeeper keeper, HeldFootage held, IEnumerable<WarningSource> sources, IClock clock)
{
    /// <summary>What works and will not for long, or stands in nobody's way; it does not make the box unready.</summary>
    public IReadOnlyList<string> Warnings() => [.. sources.SelectMany(s => s.Read())];

    /// <summary>For everybody: it names neither disks nor cameras.</summary>
    public async Task<IResult> AnswerAsync(CancellationToken cancellation) => Result(await JudgeAsync(cancellation));

    /// <summary>The same with warnings, for people of the box.</summary>
    public async Task<IResult> FullAsync(CancellationToken cancellation) => Result(await JudgeAsync(cancellation) with { Warnings = Warnings() });

    private static IResult Result(ReadinessDto answer) => Results.Json(answer, BoxJson.Options, statusCode: answer.Ready ? 200 : 503);

    private async Task<ReadinessDto> JudgeAsync(CancellationToken cancellation)
    {
        var causes = new List<string>();
        if (!started.Value) causes.Add("cameras are not started");
        var recording = quorum.Look(await cameras.ObserveAsync(cancellation), clock.GetCurrentInstant());
        if (recording.Cause is { } few) causes.Add(few);
        var primaries = keeper.Status.Where(v => v.Role == VolumeRole.Primary).ToList();
        var missing = primaries.Count(v => v.Fault == VolumeFault.Away);
        if (missing > 0) causes.Add($"{missing} of {primaries.Count} volumes are not there");
        var failing = primaries.Count(v => v.Fault is not (VolumeFault.None or VolumeFault.Away));
        if (failing > 0) causes.Add($"{failing} of {primaries.Count} volumes fail");
        if (held.Level == HeldLevel.Full) causes.Add("held evidence takes all space");
        return new ReadinessDto
        {
            Ready = causes.Count == 0,
            Reason = recording.IsReached ? null : "insufficient_recorders",
            Causes = causes,
            RecordingPct = recording.Percent,
            RequiredPct = recording.Required,
        };
    }
}

using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Mirror;
using Heldar.Edge.PreRoll;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Health;

/// <summary>Whether the box can do its work: cameras started, volumes there and written to, space not taken by held evidence. Thread-safe.</summary>
internal sealed class Readiness(CamerasStarted cameras, VolumeKeeper keeper, HeldFootage held, DiskWatch disks, PreRollStore rings, Scrubber scrubber)
{
    /// <summary>What stands in the way; empty when ready.</summary>
    public IReadOnlyList<string> Causes()
    {
        var causes = new List<string>();
        if (!cameras.Value) causes.Add("cameras are not started");
        var primaries = keeper.Status.Where(v => v.Role == VolumeRole.Primary).ToList();
        var missing = primaries.Count(v => v.Fault == VolumeFault.Away);
        if (missing > 0) causes.Add($"{missing} of {primaries.Count} volumes are not there");
        var failing = primaries.Count(v => v.Fault is not (VolumeFault.None or VolumeFault.Away));
        if (failing > 0) causes.Add($"{failing} of {primaries.Count} volumes fail");
        if (held.Level == HeldLevel.Full) causes.Add("held evidence takes all space");
        return causes;
    }

    /// <summary>What works and will not for long; it does not stand in the way yet.</summary>
    public IReadOnlyList<string> Warnings()
    {
        List<string> warnings = [.. keeper.Status.Select(v => v.Cause).OfType<string>(), .. disks.Problems];
        if (scrubber.OpenDamages is > 0 and var damaged) warnings.Insert(0, $"{damaged} stored files are damaged: see /api/v1/system/scrub");
        if (rings.Problem is { } problem) warnings.Insert(0, "pre-roll is shorter than wanted: memory is used up and it cannot be spilled: " + problem);
        if (held is { Level: HeldLevel.Warning, Detail: var detail }) warnings.Insert(0, "held evidence takes most of the space: " + detail);
        return warnings;
    }

    /// <summary>For everybody: it names neither disks nor cameras.</summary>
    public IResult Answer()
    {
        var causes = Causes();
        return Results.Json(new { ready = causes.Count == 0, causes }, BoxJson.Options, statusCode: causes.Count == 0 ? 200 : 503);
    }

    /// <summary>The same with warnings, for people of the box.</summary>
    public IResult Full()
    {
        var causes = Causes();
        return Results.Json(new { ready = causes.Count == 0, causes, warnings = Warnings() }, BoxJson.Options, statusCode: causes.Count == 0 ? 200 : 503);
    }
}

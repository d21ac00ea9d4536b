using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Mirror;
using Heldar.Edge.PreRoll;
using Heldar.Edge.Retention;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Health;

/// <summary>Whether the box can do its work: cameras started, volumes there and written to, space not taken by held evidence. Thread-safe.</summary>
internal sealed class Readiness(CamerasStarted cameras, VolumeKeeper keeper, HeldFootage held, DiskWatch disks, PreRollStore rings, Retainer retention, (MirrorState State, Scrubber Scrubber) mirror)
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
        var warnings = new List<string>();
        if (held is { Level: HeldLevel.Warning, Detail: { } detail }) warnings.Add("held evidence takes most of the space: " + detail);
        if (rings.Problem is { } problem) warnings.Add("pre-roll is shorter than wanted: memory is used up and it cannot be spilled: " + problem);
        if (mirror.Scrubber.OpenDamages is > 0 and var damaged) warnings.Add($"{damaged} stored files are damaged: see /api/v1/system/scrub");
        if (mirror.State.Problem is { } behind) warnings.Add(behind);
        if (retention.ClockDoubt is { } doubt) warnings.Add(doubt);
        if (retention.Last is { } sweep) warnings.AddRange(sweep.Alerts.Select(a => a.Subject.Length == 0 ? a.Text : $"{a.Subject}: {a.Text}"));
        warnings.AddRange(keeper.Status.Select(v => v.Cause).OfType<string>());
        warnings.AddRange(disks.Problems);
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

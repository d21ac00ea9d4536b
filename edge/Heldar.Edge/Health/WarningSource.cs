using Heldar.Edge.Access;
using Heldar.Edge.CameraEvents;
using Heldar.Edge.Desired;
using Heldar.Edge.Gaps;
using Heldar.Edge.Mirror;
using Heldar.Edge.PreRoll;
using Heldar.Edge.Recovery;
using Heldar.Edge.Retention;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Edge.Upkeep;

namespace Heldar.Edge.Health;

/// <summary>A part of the box that may have something to warn of.</summary>
/// <param name="Name">What metrics call it: snake case, never changed.</param>
/// <param name="Read">What it warns of now, in words that name cause and fix; empty when nothing. Called for every answer: cheap, and thread-safe.</param>
internal sealed record WarningSource(string Name, Func<IEnumerable<string>> Read)
{
    /// <summary>All there are, in the order in which they are told.</summary>
    public static IServiceCollection AddAll(IServiceCollection services) => services
        .AddWarnings<AccountMark>("accounts", accounts => accounts.IsLost ? [AccountMark.LostText] : [])
        .AddWarnings<RecordingQuorum>("recording", quorum => quorum.Warnings())
        .AddWarnings<HeldFootage>("held", held => held is { Level: HeldLevel.Warning, Detail: { } detail } ? ["held evidence takes most of the space: " + detail] : [])
        .AddWarnings<PreRollStore>("pre_roll", rings => rings.Problem is { } problem ? ["pre-roll is shorter than wanted: memory is used up and it cannot be spilled: " + problem] : [])
        .AddWarnings<Scrubber>("scrub", scrubber => scrubber.OpenDamages is > 0 and var damaged ? [$"{damaged} stored files are damaged: see /api/v1/system/scrub"] : [])
        .AddWarnings<MirrorState>("mirror", mirror => mirror.Problem is { } behind ? [behind] : [])
        .AddWarnings<Retainer>("retention", retention =>
            [.. retention.ClockDoubt is { } doubt ? (string[])[doubt] : [], .. retention.Last?.Alerts.Select(a => a.Subject.Length == 0 ? a.Text : $"{a.Subject}: {a.Text}") ?? []])
        .AddWarnings<CameraEventStates>("camera_events", events => events.Warnings)
        .AddWarnings<VolumeKeeper>("volumes", keeper => keeper.Status.Select(v => v.Cause).OfType<string>())
        .AddWarnings<BoxStore>("store", store => store.Warnings())
        .AddWarnings<IndexRebuild>("index", rebuild => rebuild.Warning is { } behind ? [behind] : [])
        .AddWarnings<Upkeeper>("upkeep", upkeep => upkeep.Problem is { } large ? [large] : [])
        .AddWarnings<DiskWatch>("disks", disks => disks.Problems)
        .AddWarnings<DesiredKeeper>("desired", desired => desired.Warnings);
}

internal static class WarningSourceExtensions
{
    /// <summary>Adds what one part warns of.</summary>
    public static IServiceCollection AddWarnings<T>(this IServiceCollection services, string name, Func<T, IEnumerable<string>> read)
        where T : notnull => services.AddSingleton(s => new WarningSource(name, () => read(s.GetRequiredService<T>())));
}

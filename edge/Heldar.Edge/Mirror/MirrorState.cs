using System.Globalization;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary>How far the mirror was at one moment. Immutable.</summary>
/// <param name="At">When.</param>
/// <param name="Totals">Kept counters.</param>
/// <param name="Oldest">When the oldest footage ended that has no copy and could have one; null when there is none.</param>
internal sealed record MirrorLook(Instant At, MirrorTotals Totals, Instant? Oldest)
{
    /// <summary>How long footage is without its copy; zero when the mirror has all.</summary>
    public Duration Lag => Oldest is { } oldest ? Duration.Max(At - oldest, Duration.Zero) : Duration.Zero;
}

/// <summary>Knows how far the mirror is behind. It asks the database alone, so that a mirror that hangs is told of like any other. Thread-safe.</summary>
internal sealed class MirrorState(MirrorPolicy policy, VolumeKeeper keeper, IStoreReader reader, IClock clock)
{
    /// <summary>Longer than any segment: what is younger may still be on its way.</summary>
    private static readonly Duration Usual = Duration.FromMinutes(6);
    private volatile MirrorLook? _newest;

    /// <summary>The newest look; null before the first and without a mirror.</summary>
    public MirrorLook? Newest => _newest;

    /// <summary>Why footage has no copy, for people; null while the mirror keeps up.</summary>
    public string? Problem => _newest is { } look && look.Lag > Usual
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"the mirror is behind: {look.Totals.WaitingSegments} segments ({look.Totals.WaitingBytes / (double)(1 << 30):0.0} GiB) have no copy, the oldest since {look.Lag.TotalMinutes:0} min: {Cause}")
        : null;

    private string Cause => keeper.Status.FirstOrDefault(v => v.Role == VolumeRole.Mirror) switch
    {
        null => "no volume has the role",
        { Fault: VolumeFault.None, Cause: { } cause } => cause,
        { Fault: VolumeFault.None } => "it is catching up",
        { Fault: var fault, Cause: var cause } => $"{fault.Word()}: {cause}",
    };

    /// <summary>Looks now.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        if (!policy.IsOn) return;
        _newest = await reader.ReadAsync(db => new MirrorLook(clock.GetCurrentInstant(), MirrorRows.Totals(db), MirrorRows.OldestWaiting(db)), cancellation);
    }
}

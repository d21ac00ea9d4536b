using Heldar.Edge.Cameras;

namespace Heldar.Edge.Watchdog;

/// <summary>Something that only a living box can do.</summary>
internal interface IPulse
{
    /// <summary>Returns when it is done; the caller gives up after its own time.</summary>
    Task BeatAsync(CancellationToken cancellation);
}

/// <summary>
/// The state of every camera can be read: threads run, and no lock is stuck. A mailbox that waits is not asked, for it may wait for a disk. Needs neither disk, database
/// nor network: their faults are no reason to start again.
/// </summary>
internal sealed class CameraPulse(CameraRegistry cameras) : IPulse
{
    public async Task BeatAsync(CancellationToken cancellation) => _ = await cameras.ObserveAsync(cancellation);
}

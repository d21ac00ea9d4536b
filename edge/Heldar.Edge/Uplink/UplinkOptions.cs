using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>How events travel. Durations are box time.</summary>
/// <param name="Flush">How long an event may wait for others: 1 s, or 10 s in the economy profile. Longer means fewer messages.</param>
/// <param name="FlushBytes">Bytes of event data that are sent without waiting; also the target size of a batch. Default 32 KiB.</param>
/// <param name="ResendAfter">Age at which a batch that the cloud does not have is sent again. Default 2 min; doubles per repeat, up to 64 min for a hole and 17 h where nothing is acknowledged.</param>
/// <param name="Heartbeat">Time between heartbeats, which bring watermarks. Default 10 s.</param>
/// <param name="StateWindow">Most unacknowledged state batches; beyond it only the newest states are kept back. Default 64.</param>
/// <param name="MaxEvents">Most waiting events; beyond it the oldest bulk, then segment, then alert events leave; evidence never does. Default 4,000,000 (about 2 months of 16 cameras).</param>
/// <param name="BatchWindow">Most sealed batches of a class that the cloud has not acknowledged; beyond it events wait unsealed. More costs disk, less slows catching up: this many per heartbeat. Default 2048.</param>
internal sealed record UplinkOptions(Duration Flush, int FlushBytes, Duration ResendAfter, Duration Heartbeat, int StateWindow, long MaxEvents, int BatchWindow)
{
    public static UplinkOptions For(UplinkProfile profile) => new(
        profile == UplinkProfile.Economy ? Duration.FromSeconds(10) : Duration.FromSeconds(1),
        32 * 1024,
        Duration.FromMinutes(2),
        Duration.FromSeconds(10),
        64,
        4_000_000,
        2048);
}

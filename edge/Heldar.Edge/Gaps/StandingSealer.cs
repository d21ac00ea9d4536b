using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Gaps;

/// <summary>
/// Says in every file of every seal log what stands in the ledger, as soon as the file has begun: a lost database then costs a start no more than the newest files, however
/// long the logs are. Owned by the ledger's loop; waits for no disk.
/// </summary>
internal sealed class StandingSealer(VolumeWriters volumes)
{
    private readonly Dictionary<Guid, (string? File, Task Sealing)> _told = [];

    /// <summary>Seals where a file has begun since, and again what a volume refused.</summary>
    public void Step(Func<StandingSeal> standing)
    {
        foreach (var writer in volumes.All.Where(w => w.Fault == VolumeFault.None))
        {
            var file = writer.Head?.Hour;
            if (_told.TryGetValue(writer.Volume.Id, out var last))
            {
                if (!last.Sealing.IsCompleted || (last.Sealing.IsCompletedSuccessfully && last.File == file)) continue;
                _ = last.Sealing.Exception;
            }

            _told[writer.Volume.Id] = (file, writer.SealAsync(new SealRecord { Type = SealType.Noted, Standing = standing() }, CancellationToken.None));
        }
    }
}

using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Recovery;

/// <summary>Puts one volume in order before anything is written to it: salvages what the last run left open. Runs once, when the volume is opened.</summary>
internal sealed partial class VolumeRecovery(ILogger<VolumeRecovery> log)
{
    /// <summary>Salvages; a file that fails with the disk stays for the next start and does not keep the box from recording.</summary>
    public void Run(Volume volume, SealLog seals, CancellationToken cancellation)
    {
        if (seals.TornFile is { } torn) LogTorn(torn);
        foreach (var unclosed in UnclosedSegments.Find(volume, cancellation))
        {
            try
            {
                var result = TailSalvage.Run(volume, seals, unclosed, cancellation);
                if (result.Data is { } data) LogSalvaged(unclosed.Path, data.Frames, result.LostBytes);
                else if (result.Cause is { } cause) LogQuarantined(unclosed.Path, cause);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                LogFailed(unclosed.Path, fault.Message);
            }
        }

        seals.Flush();
    }
}

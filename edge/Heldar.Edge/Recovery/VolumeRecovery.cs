using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Recovery;

/// <summary>Puts one volume in order before anything is written to it: salvages what the last run left open. Runs once, when the volume is opened.</summary>
internal sealed partial class VolumeRecovery(ILogger<VolumeRecovery> log)
{
    /// <summary>Salvages; a file that fails with the disk stays for later, a folder that may not be read is told, and neither keeps the box from recording.</summary>
    /// <param name="volume">Nobody writes to it.</param>
    /// <param name="seals">Its log.</param>
    /// <param name="cancellation">Ends between files.</param>
    /// <param name="wholeLog">Also what older hours of the log left open.</param>
    public void Run(Volume volume, SealLog seals, CancellationToken cancellation, bool wholeLog = false)
    {
        if (seals.TornFile is { } torn) LogTorn(torn);
        var (files, unseen) = UnclosedSegments.Find(volume, wholeLog, cancellation);
        foreach (var (folder, why) in unseen.Take(20)) LogUnseen(volume.Root, folder, why);
        foreach (var unclosed in files)
        {
            try
            {
                var result = TailSalvage.Run(volume, unclosed, cancellation);
                if (result.Seal is { } seal) seals.Append(seal);
                if (result.Data is { } data) LogSalvaged(unclosed.Path, data.Frames, result.LostBytes);
                else if (result.Cause is { } cause) LogQuarantined(unclosed.Path, cause);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                LogFailed(unclosed.Path, fault.Message);
            }
        }

        seals.Flush();
    }
}

namespace Heldar.Edge.Recovery;

internal sealed partial class VolumeRecovery
{
    [LoggerMessage(1510, LogLevel.Warning, "salvaged {Path}: {Frames} frames, a torn tail of {Lost} bytes cut off")]
    private partial void LogSalvaged(string path, int frames, long lost);

    [LoggerMessage(1511, LogLevel.Warning, "moved {Path} to quarantine: {Cause}")]
    private partial void LogQuarantined(string path, string cause);

    [LoggerMessage(1512, LogLevel.Error, "{Path} cannot be salvaged now and stays as it is; it is tried again with the next start, and daily: {Cause}")]
    private partial void LogFailed(string path, string cause);

    [LoggerMessage(1513, LogLevel.Warning, "a torn line of the seal log was moved to {File}")]
    private partial void LogTorn(string file);

    [LoggerMessage(1514, LogLevel.Warning, "{Volume}: folder {Folder} cannot be read, so what a crash left open in it is not salvaged: {Cause}")]
    private partial void LogUnseen(string volume, string folder, string cause);
}

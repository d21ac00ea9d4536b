namespace Heldar.Edge.Storage;

internal sealed partial class VolumeKeeper
{
    [LoggerMessage(2700, LogLevel.Error, "Volume {Path} is not used: {Cause}")]
    private partial void LogRefused(string path, string cause);

    [LoggerMessage(2701, LogLevel.Warning, "Volume {Path}: {Cause}")]
    private partial void LogNotice(string path, string cause);

    [LoggerMessage(2702, LogLevel.Error, "Volume {Path} is taken out of use ({Fault}): {Cause}")]
    private partial void LogRetired(string path, string fault, string? cause);

    [LoggerMessage(2703, LogLevel.Information, "Volume {Path} is in use again")]
    private partial void LogBack(string path);

    [LoggerMessage(2704, LogLevel.Error, "Looking after the volumes failed")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(2705, LogLevel.Warning, "The writer of volume {Path} does not end: its disk does not answer")]
    private partial void LogStuck(string path);
}

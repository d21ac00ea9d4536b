namespace Heldar.Fleet.Shards;

internal sealed partial class ShardProvisioner
{
    [LoggerMessage(3001, LogLevel.Information, "queues of shards {Shards} are ready")]
    private partial void Ready(string shards);

    [LoggerMessage(3002, LogLevel.Warning, "queues cannot be created ({Cause}); next try in {Seconds} s")]
    private partial void NotYet(string cause, double seconds);
}

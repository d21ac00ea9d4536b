namespace Heldar.Edge.Access;

internal sealed partial class ApiKeys
{
    [LoggerMessage(3401, LogLevel.Error, "The API keys stay as they were: {Why}")]
    private partial void LogDamaged(string why);

    [LoggerMessage(3402, LogLevel.Information, "Read {Count} API keys")]
    private partial void LogRead(int count);
}

using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Edge.Gaps;

internal sealed partial class GapLedger
{
    [LoggerMessage(2001, LogLevel.Warning, "camera {Camera}: footage is missing since {Start}: {Cause} ({Detail})")]
    private partial void LogBegan(Guid camera, GapCause cause, Instant start, string? detail);

    [LoggerMessage(2002, LogLevel.Information, "camera {Camera}: the gap {Cause} from {Start} ended after {Seconds:0.0} s")]
    private partial void LogEnded(Guid camera, GapCause cause, Instant start, double seconds);

    [LoggerMessage(2003, LogLevel.Error, "gaps could not be written to the database; they are in the seal log and are tried again")]
    private partial void LogNotWritten(Exception error);

    [LoggerMessage(2005, LogLevel.Error, "{Count} lines of the ledger are not in a seal log, and are sealed as soon as a volume takes them: {Cause}")]
    private partial void LogNotSealed(int count, string? cause);

    [LoggerMessage(2006, LogLevel.Information, "every line of the ledger is in a seal log")]
    private partial void LogSealed();
}

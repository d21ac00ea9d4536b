using System.Text.Json;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Telemetry;

/// <summary>How a box writes its log: to standard output, one line per event, times in UTC.</summary>
internal static class BoxLogging
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static void AddBoxLogging(this ILoggingBuilder logging, LogForm form, LogLevels levels)
    {
        logging.ClearProviders();
        if (form == LogForm.Json)
        {
            logging.AddJsonConsole(o =>
            {
                (o.IncludeScopes, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, Time);
                o.JsonWriterOptions = new JsonWriterOptions { Indented = false };
            });
        }
        else
        {
            logging.AddSimpleConsole(o => (o.SingleLine, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, Time + " "));
        }

        logging.SetMinimumLevel(LogLevel.Trace).AddFilter((_, level) => levels.Allows(level)).AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
    }
}

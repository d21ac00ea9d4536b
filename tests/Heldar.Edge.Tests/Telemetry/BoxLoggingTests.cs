using System.Text.Json;
using Heldar.Edge.Settings;
using Heldar.Edge.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Heldar.Edge.Tests.Telemetry;

public sealed partial class BoxLoggingTests
{
    [Fact]
    public void Json_IsOneObjectALine_WithEventIdValuesAndScopes()
    {
        var line = Write(LogForm.Json);

        Assert.Equal(1, line.Count(c => c == '\n'));
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(2999, json.GetProperty("EventId").GetInt32());
        Assert.Equal("Warning", json.GetProperty("LogLevel").GetString());
        Assert.Equal("two\nlines", json.GetProperty("State").GetProperty("Text").GetString());
        Assert.Equal("gate", json.GetProperty("Scopes")[0].GetProperty("Camera").GetString());
        Assert.EndsWith("Z", json.GetProperty("Timestamp").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_IsOneLine_ForPeople()
    {
        var line = Write(LogForm.Text);

        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.Contains("warn: room[2999] said two lines", line, StringComparison.Ordinal);
    }

    private static string Write(LogForm form)
    {
        using var services = new ServiceCollection().AddLogging(l => l.AddBoxLogging(form, new LogLevels())).BuildServiceProvider();
        var name = services.GetRequiredService<IOptionsMonitor<ConsoleLoggerOptions>>().CurrentValue.FormatterName ?? ConsoleFormatterNames.Simple;
        var formatter = services.GetServices<ConsoleFormatter>().Single(f => f.Name == name);
        var scopes = new LoggerExternalScopeProvider();
        using var scope = scopes.Push(new[] { new KeyValuePair<string, object?>("Camera", "gate") });
        using var text = new StringWriter();
        var kept = new Kept(entry => formatter.Write(entry, scopes, text));
        Said(kept, "two\nlines");
        return text.ToString();
    }

    [LoggerMessage(2999, LogLevel.Warning, "said {Text}")]
    private static partial void Said(ILogger log, string text);

    private sealed class Kept(Action<LogEntry<object?>> write) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            write(new LogEntry<object?>(logLevel, "room", eventId, state, exception, (s, e) => formatter((TState)s!, e)));
    }
}

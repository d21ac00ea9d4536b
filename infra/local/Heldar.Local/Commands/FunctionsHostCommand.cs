using System.CommandLine;
using Heldar.Local.FunctionsHost;
using NodaTime;

namespace Heldar.Local.Commands;

/// <summary><c>heldar functions-host</c>: what <c>up</c> runs as a process of its own.</summary>
internal static class FunctionsHostCommand
{
    public static Command Create()
    {
        var app = new Option<string>("--app") { Description = "folder with host.json and one folder for each function", Required = true };
        var log = new Option<string?>("--handler-log") { Description = "file for the handler's output; standard output of this program by default" };
        var command = new Command("functions-host", "Run a Functions app as the Azure Functions host does. App settings come from the environment.") { app, log };
        command.SetAction((parsed, cancellation) => LocalFunctionsHost.RunAsync(
            new FunctionsHostOptions(parsed.GetRequiredValue(app), parsed.GetValue(log) ?? "/dev/stdout"), SystemClock.Instance, TimeProvider.System, Say, cancellation));
        return command;
    }

    private static void Say(string line) => Console.Out.WriteLine($"host: {line}");
}

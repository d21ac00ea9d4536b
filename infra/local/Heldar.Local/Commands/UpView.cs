using System.Globalization;
using Heldar.Local.Emulator;
using Spectre.Console;

namespace Heldar.Local.Commands;

/// <summary>Shows a running stack: a live table in a terminal, a line per change otherwise.</summary>
internal sealed class UpView(Stack stack)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, string> _said = [];

    /// <summary>Runs until cancelled; keeps run.json current.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            if (Console.IsOutputRedirected || Console.IsInputRedirected) await LinesAsync(cancellation);
            else await AnsiConsole.Live(new Text("")).StartAsync(context => TableAsync(context, cancellation));
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C ends the view; the stack is stopped by its owner.
        }
    }

    private async Task TableAsync(LiveDisplayContext context, CancellationToken cancellation)
    {
        while (true)
        {
            stack.Publish();
            StackFigures? figures = await StackFigures.ReadAsync(stack.Database, cancellation);
            var table = new Table().Border(TableBorder.Rounded).AddColumns("process", "state", "port", "pid", "up", "restarts");
            foreach (Service service in stack.Services)
            {
                RunProcess process = service.Describe();
                string colour = service.State switch { ServiceState.Ready => "green", ServiceState.BackOff => "red", _ => "yellow" };
                table.AddRow(
                    service.Name, $"[{colour}]{service.State}[/]", process.Port > 0 ? Text(process.Port) : "", process.Identity is { } identity ? Text(identity.Pid) : "",
                    service.Uptime.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture), Text(process.Restarts));
            }

            if (figures is not null) table.Caption($"{figures.Recording} of {figures.Cameras} cameras recording, {figures.Segments} segments searchable");
            context.UpdateTarget(table);
            await Task.Delay(Period, cancellation);
        }
    }

    private async Task LinesAsync(CancellationToken cancellation)
    {
        var since = TimeSpan.Zero;
        while (true)
        {
            stack.Publish();
            foreach (Service service in stack.Services) Say(service.Name, $"{service.Name}: {service.State}{(service.Restarts > 0 ? $", restarts {service.Restarts}" : "")}");
            if (since.TotalSeconds % 10 == 0 && await StackFigures.ReadAsync(stack.Database, cancellation) is { } figures)
                Say("figures", $"{figures.Recording} of {figures.Cameras} cameras recording, {figures.Segments} segments searchable");
            since += Period;
            await Task.Delay(Period, cancellation);
        }
    }

    private void Say(string key, string line)
    {
        if (_said.GetValueOrDefault(key) == line) return;
        _said[key] = line;
        Console.Out.WriteLine(line);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

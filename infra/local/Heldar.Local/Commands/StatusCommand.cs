using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Heldar.Local.Emulator;

namespace Heldar.Local.Commands;

/// <summary><c>heldar status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        Option<string> data = DataFolder.Option();
        var json = new Option<bool>("--json") { Description = "one JSON object, without secrets" };
        var command = new Command("status", "Show what runs on this data folder. Exit code 0 only when everything is ready.") { data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = new StackFolder(parsed.GetRequiredValue(data));
            RunFile? run = RunFile.Read(folder);
            if (run is not null && !run.Owner.IsAlive) run = null;
            StackFigures? figures = run is null ? null : await StackFigures.ReadAsync(run.Database, cancellation);
            if (parsed.GetValue(json)) PrintJson(folder, run, figures);
            else Print(folder, run, figures);
            return run is not null && run.Processes.All(process => process.State == nameof(ServiceState.Ready) && process.Identity is { IsAlive: true }) ? 0 : 1;
        });
        return command;
    }

    private static void Print(StackFolder folder, RunFile? run, StackFigures? figures)
    {
        if (run is null)
        {
            Console.Out.WriteLine($"nothing runs on {folder.Root}");
            return;
        }

        Console.Out.WriteLine($"portal {run.Portal}");
        foreach (RunProcess process in run.Processes)
        {
            TimeSpan up = process.Identity is { IsAlive: true } ? Since(process.StartedUnixMs) : TimeSpan.Zero;
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{process.Name,-12}{State(process),-10}{process.Port,6}  pid {process.Identity?.Pid ?? 0,-8} up {up:hh\\:mm\\:ss}  restarts {process.Restarts}"));
        }

        if (figures is not null) Console.Out.WriteLine($"{figures.Recording} of {figures.Cameras} cameras recording, {figures.Segments} segments searchable");
    }

    private static void PrintJson(StackFolder folder, RunFile? run, StackFigures? figures) => Console.Out.WriteLine(JsonSerializer.Serialize(new
    {
        running = run is not null,
        folder = folder.Root,
        portal = run?.Portal,
        pid = run?.Owner.Pid,
        up_seconds = run is null ? 0 : (long)Since(run.StartedUnixMs).TotalSeconds,
        processes = run?.Processes.Select(process => new { name = process.Name, state = State(process), port = process.Port, pid = process.Identity?.Pid, restarts = process.Restarts }),
        boxes = run?.Boxes.Select(box => new { name = box.Name, site = box.Site, url = box.Url, folder = box.Folder }),
        camera_control = run?.CameraControl,
        cameras = figures?.Cameras,
        recording = figures?.Recording,
        segments = figures?.Segments,
    }));

    private static string State(RunProcess process) => process.Identity is { IsAlive: true } ? process.State : process.State == nameof(ServiceState.Stopped) ? process.State : "Dead";

    private static TimeSpan Since(long unixMs) => TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(unixMs);
}

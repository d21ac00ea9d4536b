using System.CommandLine;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Health;
using Heldar.Edge.Retention;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Doctor;

/// <summary><c>heldar-edge doctor</c>: looks at everything that a box needs before its first start, and after something went wrong. Changes nothing.</summary>
internal static class DoctorCommand
{
    public static Command Create(IReadOnlyList<SealedColumn> columns)
    {
        var json = new Option<bool>("--json") { Description = "one JSON object on standard output" };
        var cameras = new Option<bool>("--cameras") { Description = "also open every camera of the settings for a moment" };
        var command = new Command("doctor", "Look at settings, disks, clock, port, memory, limits and keys. Exit code 1 when something will not work.") { json, cameras };
        command.SetAction(async (parsed, cancellation) =>
        {
            var findings = await ExamineAsync(ConfigOption.FileOf(parsed), columns, parsed.GetValue(cameras), cancellation);
            Print(findings, parsed.GetValue(json), Console.Out);
            return findings.Any(f => f.Level == FindingLevel.Failure) ? 1 : 0;
        });
        return command;
    }

    /// <summary>Everything that is seen, in order.</summary>
    public static async Task<IReadOnlyList<Finding>> ExamineAsync(string file, IReadOnlyList<SealedColumn> columns, bool cameras, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        BoxSettings settings;
        var clock = SystemClock.Instance;
        try
        {
            settings = SettingsReader.ReadFile(file, Environment.GetEnvironmentVariable);
            findings.Add(Finding.Ok("config", $"{settings.File} is in order: {settings.Cameras.Length} cameras, {settings.Recording.Volumes.Length} volumes"));
        }
        catch (SettingsException e)
        {
            findings.AddRange(e.Errors.Select(error => Finding.Failure("config", $"{file}:{error.Line}: {error.Setting} {error.Message}", "the box does not start with a mistake in its settings", $"correct line {error.Line}")));
            findings.Add(MachineExam.Clock(clock.GetCurrentInstant(), new KernelClock()));
            return findings;
        }

        var mounts = File.Exists("/proc/self/mountinfo") ? Mounts.Parse(await File.ReadAllTextAsync("/proc/self/mountinfo", cancellation)) : new Mounts([]);
        findings.AddRange(new DiskExam(mounts, FileSystemSize.Of).Look(settings));
        findings.AddRange(SmartExam.Look(SmartFiles.Disks(), SmartFiles.Folder, clock.GetCurrentInstant()));
        if (await ServiceExam.AskAsync(cancellation) is { } unit) findings.AddRange(ServiceExam.Look(settings, unit, Environment.UserName));
        findings.AddRange(new DataExam(columns).Look(settings));
        findings.Add(MachineExam.Clock(clock.GetCurrentInstant(), new KernelClock()));
        findings.Add(MachineExam.Port(settings, DataExam.IsRunning(settings.DataFolder)));
        if (File.Exists("/proc/meminfo"))
            findings.Add(MachineExam.Memory(await File.ReadAllTextAsync("/proc/meminfo", cancellation), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, settings.Cameras.Length));
        if (File.Exists("/proc/self/limits")) findings.Add(MachineExam.Files(await File.ReadAllTextAsync("/proc/self/limits", cancellation), settings.Cameras.Length));
        if (cameras) findings.AddRange(await CameraExam.LookAsync(settings.Cameras, clock, cancellation));
        return findings;
    }

    /// <summary>Text for people: one line each, cause and fix below what is not well.</summary>
    public static void Print(IReadOnlyList<Finding> findings, bool json, TextWriter output)
    {
        var failures = findings.Count(f => f.Level == FindingLevel.Failure);
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(new { ok = failures == 0, findings }, HeldarJson.Options));
            return;
        }

        foreach (var finding in findings)
        {
            output.WriteLine($"{(finding.Level switch { FindingLevel.Ok => "ok  ", FindingLevel.Warning => "warn", _ => "FAIL" })}  {finding.Check,-8}  {finding.What}");
            if (finding.Cause is not null) output.WriteLine($"                why: {finding.Cause}");
            if (finding.Fix is not null) output.WriteLine($"                fix: {finding.Fix}");
        }

        output.WriteLine(failures == 0 ? $"this box can record; {findings.Count(f => f.Level == FindingLevel.Warning)} warnings" : $"{failures} things stand in the way");
    }
}

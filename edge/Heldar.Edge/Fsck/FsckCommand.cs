using System.CommandLine;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Audit;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Fsck;

/// <summary><c>heldar-edge fsck</c>: checks the disks of a stopped box against the invariants.</summary>
internal static class FsckCommand
{
    public static Command Create()
    {
        var hash = new Option<bool>("--hash") { Description = "read and hash every file as well; about as long as copying them" };
        var repair = new Option<bool>("--repair") { Description = "put in order what can be; nothing is deleted" };
        var json = new Option<bool>("--json") { Description = "one JSON object on standard output" };
        var command = new Command("fsck", "Check recordings, seal logs and database of a stopped box. Exit code 1 when something is not in order.") { hash, repair, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = ConfigOption.Read(parsed);
            using var folder = DataFolder.Take(settings.DataFolder);
            using var logs = LoggerFactory.Create(l => l.AddSimpleConsole(o => o.SingleLine = true).AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning));
            foreach (var missing in settings.Recording.Volumes.Where(v => !Directory.Exists(v)))
                throw new IOException($"{missing} is not there: mount the disk, or take it out of the settings");
            // Looking must not make a volume of an empty mount point: the box would record to it.
            foreach (var nameless in settings.Recording.Volumes.Where(v => Volume.ReadIdentity(v) is null))
                throw new IOException($"{nameless} holds no volume ({Volume.IdentityFile} is missing): mount the disk, or start the box, which knows whether one was there. Nothing was changed");
            var volumes = settings.Recording.Volumes.Select(Open).ToList();
            var others = settings.Recording.AllVolumes.Where(v => v.Role != VolumeRole.Primary).Select(v => (v.Path, v.Role, Cause: WhyAway(v.Path))).ToList();
            var checker = new Checker(volumes, StoreOptions.FileIn(settings.DataFolder), SystemClock.Instance, logs)
            {
                // A staging volume holds no footage of its own: it only must be there.
                Copies = [.. others.Where(v => v is { Role: VolumeRole.Mirror, Cause: null }).Select(v => Open(v.Path))],
                Away = [.. others.Where(v => v.Cause is not null).Select(v => (v.Path, v.Cause!))],
            };
            var report = await checker.RunAsync(parsed.GetValue(hash), parsed.GetValue(repair), Console.Error.WriteLine, cancellation);
            if (parsed.GetValue(repair)) CommandAudit.Note(settings.DataFolder, "fsck.repaired", settings.DataFolder, new { report.Open, found = report.Counts });
            Print(report, parsed.GetValue(json));
            return report.Open == 0 ? 0 : 1;
        });
        return command;
    }

    private static Volume Open(string path) => Volume.Open(path, SystemClock.Instance.GetCurrentInstant());

    /// <summary>A mirror may be away while the rest is checked.</summary>
    private static string? WhyAway(string path)
    {
        try
        {
            return Volume.ReadIdentity(path) is null ? $"it holds no volume ({Volume.IdentityFile} is missing): mount the disk, or take it out of the settings" : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static void Print(FsckReport report, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { ok = report.Open == 0, open = report.Open, @checked = report.Checked, counts = report.Counts, findings = report.Listed }, HeldarJson.Options));
            return;
        }

        foreach (var finding in report.Listed) Console.WriteLine($"invariant {finding.Invariant}, {finding.Code}{(finding.Repaired ? " (repaired)" : "")}: {finding.Subject}: {finding.Text}");
        var unlisted = report.Counts.Values.Sum() - report.Listed.Count;
        if (unlisted > 0) Console.WriteLine($"and {unlisted} more: {string.Join(", ", report.Counts.Select(c => $"{c.Value} {c.Key}"))}");
        Console.WriteLine($"{(report.Open == 0 ? "in order" : $"{report.Open} not in order")}: {string.Join(", ", report.Checked.Select(c => $"{c.Value} {c.Key}"))}");
    }
}

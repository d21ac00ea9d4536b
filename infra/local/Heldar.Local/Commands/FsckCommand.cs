using System.CommandLine;
using Heldar.Local.Processes;

namespace Heldar.Local.Commands;

/// <summary><c>heldar fsck DIR</c>: runs <c>heldar-edge fsck</c> over a box's folder, or over every box of a stack's folder.</summary>
internal static class FsckCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("dir") { Description = "folder of a box (with heldar.yaml), or of a stack" };
        folder.AcceptExistingOnly();
        var hash = new Option<bool>("--hash") { Description = "read and hash every file as well" };
        var repair = new Option<bool>("--repair") { Description = "put in order what can be; nothing is deleted" };
        var json = new Option<bool>("--json") { Description = "one JSON object for each box" };
        var command = new Command("fsck", "Check recordings, seal logs and databases of stopped boxes. Exit code 1 when something is not in order.") { folder, hash, repair, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var boxes = Boxes(parsed.GetRequiredValue(folder).FullName);
            if (boxes.Count == 0) throw new ProcessException($"there is no heldar.yaml in {parsed.GetRequiredValue(folder).FullName}, nor in a folder of it");
            await Build.EnsureAsync(["edge/Heldar.Edge"], cancellation);
            var worst = 0;
            foreach (var config in boxes)
            {
                if (boxes.Count > 1) Console.Error.WriteLine(config);
                List<string> arguments = ["fsck", "--config", config];
                if (parsed.GetValue(hash)) arguments.Add("--hash");
                if (parsed.GetValue(repair)) arguments.Add("--repair");
                if (parsed.GetValue(json)) arguments.Add("--json");
                worst = Math.Max(worst, await Tool.PassThroughAsync(Build.Edge, arguments, cancellation));
            }

            return worst;
        });
        return command;
    }

    private static List<string> Boxes(string folder) =>
        [.. Directory.EnumerateFiles(folder, "heldar.yaml", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }).Order(StringComparer.Ordinal)];
}

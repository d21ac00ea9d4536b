using System.CommandLine;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;

namespace Heldar.Local.Commands;

/// <summary><c>heldar logs</c>.</summary>
internal static class LogsCommand
{
    private const string Help = """
        Print the last lines of the logs.

        Examples:
          ./heldar logs                 every process
          ./heldar logs box1 -f         one process, and what it writes from now on
        """;

    public static Command Create()
    {
        var name = new Argument<string?>("name") { Description = "postgres, azurite, fleet, functions, cameras, box1, …", Arity = ArgumentArity.ZeroOrOne };
        var follow = new Option<bool>("--follow", "-f") { Description = "go on until Ctrl-C" };
        var lines = new Option<int>("--lines", "-n") { Description = "lines of each log", DefaultValueFactory = _ => 20 };
        Option<string> data = DataFolder.Option();
        var command = new Command("logs", Help) { name, follow, lines, data };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = new StackFolder(parsed.GetRequiredValue(data));
            IReadOnlyList<string> logs = folder.Logs();
            string? wanted = parsed.GetValue(name);
            if (wanted is not null) logs = [.. logs.Where(log => Path.GetFileNameWithoutExtension(log) == wanted)];
            if (logs.Count == 0)
            {
                string known = string.Join(", ", folder.Logs().Select(Path.GetFileNameWithoutExtension));
                throw new ProcessException(wanted is null ? $"no logs in {folder.Root}" : $"no log '{wanted}'; there are: {(known.Length > 0 ? known : "none")}");
            }

            Dictionary<string, long> read = logs.ToDictionary(log => log, log => new FileInfo(log).Length);
            foreach (string log in logs)
            {
                foreach (string line in LogTail.Read(log, parsed.GetValue(lines))) Print(log, line, logs.Count > 1);
            }

            while (parsed.GetValue(follow) && !cancellation.IsCancellationRequested)
            {
                foreach (string log in logs) read[log] = await FollowAsync(log, read[log], logs.Count > 1, cancellation);
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellation);
            }

            return 0;
        });
        return command;
    }

    private static async Task<long> FollowAsync(string log, long from, bool prefix, CancellationToken cancellation)
    {
        await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length <= from) return Math.Min(from, file.Length);
        file.Seek(from, SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        while (await reader.ReadLineAsync(cancellation) is { } line) Print(log, line, prefix);
        return file.Position;
    }

    private static void Print(string log, string line, bool prefix) =>
        Console.Out.WriteLine(prefix ? $"{Path.GetFileNameWithoutExtension(log),-10} {line}" : line);
}

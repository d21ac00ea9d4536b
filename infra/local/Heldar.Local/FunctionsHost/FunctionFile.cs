using System.Text.Json;
using System.Text.RegularExpressions;
using Heldar.Local.Processes;

namespace Heldar.Local.FunctionsHost;

/// <summary>A function with a queue or timer trigger, from its folder's function.json.</summary>
/// <param name="Name">The folder's name; the path that the host posts to.</param>
/// <param name="Binding">Name of the trigger binding.</param>
/// <param name="Queue">Queue name with %VARIABLES% expanded; null for a timer.</param>
/// <param name="Connection">App setting that holds the storage connection string.</param>
/// <param name="Binary">dataType binary: the message's exact bytes.</param>
/// <param name="Schedule">NCRONTAB expression; null for a queue.</param>
/// <param name="UseMonitor">Keeps the schedule's status, so that a missed run is made up once.</param>
internal sealed partial record FunctionFile(string Name, string Binding, string? Queue, string Connection, bool Binary, NCronTab? Schedule, bool UseMonitor)
{
    /// <summary>All functions of an app, by folder.</summary>
    public static IReadOnlyList<FunctionFile> ReadAll(string app, Func<string, string?> variable) =>
        [.. Directory.EnumerateDirectories(app).Order(StringComparer.Ordinal).Select(d => Path.Combine(d, "function.json")).Where(File.Exists).Select(f => Read(f, variable))];

    /// <summary>Replaces %NAME% by the app setting. Throws when there is none.</summary>
    public static string Expand(string text, Func<string, string?> variable) => Variable().Replace(
        text, m => variable(m.Groups["name"].Value) ?? throw new ProcessException($"app setting {m.Groups["name"].Value} is not set, '{text}' needs it"));

    internal static FunctionFile Parse(string name, JsonElement root, Func<string, string?> variable)
    {
        FunctionFile? function = null;
        foreach (var binding in root.GetProperty("bindings").EnumerateArray())
        {
            var type = binding.GetProperty("type").GetString();
            if (function is not null || type is not ("queueTrigger" or "timerTrigger")) throw new ProcessException($"{name}/function.json: binding {type} is not modelled by this host");
            var queue = type == "queueTrigger";
            function = new(
                name,
                binding.GetProperty("name").GetString()!,
                queue ? Expand(binding.GetProperty("queueName").GetString()!, variable) : null,
                Text(binding, "connection") ?? "AzureWebJobsStorage",
                Text(binding, "dataType") == "binary",
                queue ? null : NCronTab.Parse(Expand(binding.GetProperty("schedule").GetString()!, variable)),
                !binding.TryGetProperty("useMonitor", out var monitor) || monitor.GetBoolean());
        }

        return function ?? throw new ProcessException($"{name}/function.json has no trigger");
    }

    private static FunctionFile Read(string file, Func<string, string?> variable)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return Parse(Path.GetFileName(Path.GetDirectoryName(file))!, json.RootElement, variable);
    }

    private static string? Text(JsonElement binding, string name) => binding.TryGetProperty(name, out var value) ? value.GetString() : null;

    [GeneratedRegex("%(?<name>[A-Za-z_][A-Za-z0-9_]*)%", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();
}

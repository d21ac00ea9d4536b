using System.Text.RegularExpressions;
using Heldar.Contracts.Queues;

namespace Heldar.Architecture.Tests;

/// <summary>What a program of the cloud reads and answers, as its own source says.</summary>
/// <param name="Variables">Environment variables that it reads.</param>
/// <param name="Required">Those without which it does not start.</param>
/// <param name="Paths">Paths of its health endpoints.</param>
internal sealed record DeployedProgram(IReadOnlySet<string> Variables, IReadOnlySet<string> Required, IReadOnlySet<string> Paths)
{
    public static DeployedProgram Fleet { get; } = Read("cloud/fleet/Heldar.Fleet/Settings", "cloud/fleet/Heldar.Fleet/Health");

    public static DeployedProgram Functions { get; } = Read("cloud/functions/Heldar.Functions/Settings", "cloud/functions/Heldar.Functions/Fronts");

    /// <summary>The one that a container, module or image of this name runs.</summary>
    public static DeployedProgram Of(string name) => name.StartsWith("fleet", StringComparison.Ordinal) ? Fleet : Functions;

    /// <summary>Variables without which a program starts and lacks something that operators ask for: every deployment has a place for them.</summary>
    public static IReadOnlyList<string> Wanted(string name) => name.StartsWith("fleet", StringComparison.Ordinal)
        ? ["HELDAR_SECRET_KEYS", "HELDAR_SHARDS", "HELDAR_DRAINING_SHARDS", "HELDAR_METRICS_TOKEN", "HELDAR_PIPELINE_DATABASE"]
        : ["HELDAR_SECRET_KEYS", "HELDAR_SHARD", "HELDAR_MANIFEST_STORAGE", "HELDAR_SMTP", "HELDAR_MAIL_FROM", "OTEL_EXPORTER_OTLP_ENDPOINT"];

    private static DeployedProgram Read(string settings, string health)
    {
        var source = Source(settings);
        var variables = Found(@"""(?<name>HELDAR_[A-Z_]+)""", source);
        if (source.Contains("QueueNames.ShardVariable", StringComparison.Ordinal) && settings.Contains("functions", StringComparison.Ordinal)) variables.Add(QueueNames.ShardVariable);
        return new(variables, Found(@"(?<name>HELDAR_[A-Z_]+)(: missing|"", ""(a|the) )", source), Found(@"MapGet\(""(?<name>/[^""]+)""", Source(health)));
    }

    private static string Source(string folder) => string.Concat(Repository.Files(folder, ".cs").Select(File.ReadAllText));

    private static HashSet<string> Found(string pattern, string source) =>
        Regex.Matches(source, pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
}

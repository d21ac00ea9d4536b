using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Heldar.Architecture.Tests;

/// <summary>Alerts, documents and what programs say name the same metrics.</summary>
public sealed class PrometheusRulesTests
{
    private const string Rules = "infra/prometheus/heldar.rules.yaml";

    // What the writer of the text adds to an instrument's name.
    private static readonly string[] Endings = ["", "_total", "_bytes", "_bytes_total", "_seconds", "_seconds_total", "_seconds_bucket", "_seconds_count", "_seconds_sum"];

    [Fact]
    public void Alerts_NameMetricsThatExist()
    {
        var named = MetricsIn(Repository.Read(Rules));

        Assert.True(named.Count > 10, string.Join(' ', named));
        Assert.Empty(Unknown(named));
    }

    [Theory]
    [InlineData("cloud/fleet/Heldar.Fleet/Metrics/README.md")]
    [InlineData("cloud/functions/Heldar.Functions/Telemetry/README.md")]
    [InlineData("edge/Heldar.Edge/Metrics/README.md")]
    public void Readmes_NameMetricsThatExist(string readme)
    {
        var named = MetricsIn(Repository.Read(readme));

        Assert.NotEmpty(named);
        Assert.Empty(Unknown(named));
    }

    [Fact]
    public void MetricsThatDoNotExist_AreFound() => Assert.Equal(["heldar_queue_mesages"], Unknown(["heldar_queue_mesages", "heldar_queue_messages"]));

    [Fact]
    public async Task Promtool_TakesTheRules()
    {
        using var tool = Process.Start(new ProcessStartInfo("promtool", ["check", "rules", Path.Combine(Repository.Root, Rules)]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, failed) = (tool.StandardOutput.ReadToEndAsync(), tool.StandardError.ReadToEndAsync());
        await tool.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(tool.ExitCode == 0, await said + await failed);
    }

    private static IReadOnlyList<string> MetricsIn(string text) => [.. Found(@"\b(?<name>heldar_[a-z_]+)", text).Distinct(StringComparer.Ordinal)];

    private static IReadOnlyList<string> Unknown(IEnumerable<string> named)
    {
        var known = Repository.Files("cloud", ".cs").Concat(Repository.Files("edge", ".cs")).SelectMany(f => Found(@"\.Create(ObservableCounter|Counter|Histogram|ObservableGauge)(<[a-z]+>)?\(\s*""(?<name>heldar[a-z_.]+)""", File.ReadAllText(f)))
            .SelectMany(n => Endings.Select(e => n.Replace('.', '_') + e)).ToHashSet(StringComparer.Ordinal);
        return [.. named.Where(n => !known.Contains(n))];
    }

    private static IEnumerable<string> Found(string pattern, string text) => Regex.Matches(text, pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Select(m => m.Groups["name"].Value);
}

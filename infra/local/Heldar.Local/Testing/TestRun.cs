using Heldar.Local.Prerequisites;
using Heldar.Local.Processes;
using Heldar.Local.Servers;

namespace Heldar.Local.Testing;

/// <summary>Runs every test of the repository: the portal's checks, then each test project, one after another.</summary>
internal sealed class TestRun(TextWriter output)
{
    /// <summary>Longest time one project may take before it counts as hanging.</summary>
    private static readonly TimeSpan ProjectLimit = TimeSpan.FromMinutes(25);

    /// <summary>Runs all, or the classes whose full name matches <paramref name="filter"/> (xunit's pattern with *); returns the totals.</summary>
    public async Task<TestTotals> RunAsync(string? filter, CancellationToken cancellation)
    {
        await DebianPackages.EnsureAsync(DebianPackages.Test, Say, cancellation);
        await AzuriteInstall.EnsureAsync(cancellation);
        await PortalBuild.EnsureAsync(Say, cancellation);
        Say("building");
        (await Tool.RunAsync("dotnet", ["build", Repository.File("Heldar.sln"), "-c", Build.Configuration, "-v", "quiet", "-nologo"], cancellation)).OutputOrThrow("dotnet build");
        var totals = default(TestTotals);
        if (filter is null) totals += await PortalAsync(cancellation);
        foreach (var project in Projects()) totals += await ProjectAsync(project, filter, cancellation);
        return totals;
    }

    private static IEnumerable<string> Projects() =>
        Directory.EnumerateDirectories(Repository.File("tests"))
            .Select(d => Path.GetFileName(d)!)
            .Where(n => n.EndsWith(".Tests", StringComparison.Ordinal) || n == "Heldar.EndToEnd")
            .OrderBy(n => n == "Heldar.EndToEnd").ThenBy(n => n, StringComparer.Ordinal);

    private async Task<TestTotals> PortalAsync(CancellationToken cancellation)
    {
        Say("portal: types, lint, tests");
        var run = await Tool.RunAsync("npm", ["run", "check"], cancellation, folder: PortalBuild.Folder);
        var totals = TestOutput.OfVitest(run.Output) ?? new(0, run.ExitCode == 0 ? 0 : 1, 0);
        if (run.ExitCode != 0 && totals.Failed == 0) totals = totals with { Failed = 1 };
        Report("portal", totals, run);
        return totals;
    }

    private async Task<TestTotals> ProjectAsync(string project, string? filter, CancellationToken cancellation)
    {
        var assembly = Repository.File("tests", project, "bin", Build.Configuration, "net10.0", project + ".dll");
        if (!File.Exists(assembly)) throw new ProcessException($"{project} was not built: {assembly}");
        Say(project);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ProjectLimit);
        string[] only = filter is null ? [] : ["-class", filter];
        try
        {
            var run = await Tool.RunAsync("dotnet", [assembly, "-noColor", "-longRunning", "120", .. only], limit.Token, onLine: Interesting);
            var totals = TestOutput.OfXunit(run.Output) ?? new(0, 1, 0);
            if (run.ExitCode != 0 && totals.Failed == 0 && filter is null) totals = totals with { Failed = 1 };
            Report(project, totals, run);
            return totals;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Say($"{project}: ended after {ProjectLimit.TotalMinutes:0} minutes, it hangs");
            return new(0, 1, 0);
        }
    }

    private void Interesting(string line)
    {
        if (line.Contains("[FAIL]", StringComparison.Ordinal) || line.Contains("[Long", StringComparison.Ordinal)) Say(line.Trim());
    }

    private void Report(string name, TestTotals totals, ToolResult run)
    {
        Say($"{name}: {totals}");
        if (totals.Failed == 0) return;
        output.WriteLine(run.Output);
        output.WriteLine(run.Error);
    }

    private void Say(string line) => output.WriteLine(line);
}

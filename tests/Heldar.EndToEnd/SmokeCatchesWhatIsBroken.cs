using System.Text.Json;
using Heldar.Local;
using Heldar.Local.Processes;

namespace Heldar.EndToEnd;

/// <summary>
/// <c>heldar smoke</c> as people run it, with real cameras, boxes, Azurite, PostgreSQL, functions and fleet: it passes when all is well, and names each defect
/// that is put in. Without the second half, the first would prove nothing. Timings do not count: the machine may be busy.
/// </summary>
public sealed class SmokeCatchesWhatIsBroken
{
    [Fact]
    public async Task AllIsWell()
    {
        var (code, reports, text) = await SmokeAsync();

        Assert.True(code == 0, text);
        var report = Assert.Single(reports);
        Assert.True(report is { Ok: true, Fault: null, FramesLost: 0, Duplicates: 0, Problems: [], SearchableP95Ms: > 0, Segments: >= 12 }, text);
        Assert.InRange(report.MaxLostMs, 1, 2000);
    }

    /// <summary>
    /// One after the other on one stack. That each names one problem alone also shows that nothing else fails: events move through the queues and nowhere else,
    /// so with Azurite stopped nothing new is found, and once it is back everything is.
    /// </summary>
    [Fact]
    public async Task AzuriteDown_Duplicate_LostSegment_AreNamedEachByItself()
    {
        var (code, reports, text) = await SmokeAsync("--fault", "lose-segment", "--fault", "duplicate", "--fault", "azurite-down");

        Assert.Equal(1, code);
        Assert.True(reports.Select(r => r.Fault).SequenceEqual(["azurite-down", "duplicate", "lose-segment"]), text);
        Assert.All(reports, r => Assert.True(r is { Ok: false, FramesLost: 0, Problems.Length: 1, SearchableP95Ms: > 0 }, text));
        Assert.Matches("^([2-9]|[1-9][0-9]+) of [0-9]+ files are not found by the search", reports[0].Problems[0]);
        Assert.Equal("1 segments and 0 frames twice", reports[1].Problems[0]);
        Assert.Matches("^1 of [0-9]+ files are not found by the search: .*/recordings/[0-9a-f-]{36}[.]mp4$", reports[2].Problems[0]);
    }

    private static async Task<(int Code, IReadOnlyList<Report> Reports, string Text)> SmokeAsync(params string[] faults)
    {
        ToolResult run = await Tool.RunAsync(
            "dotnet", [Build.Local + ".dll", "smoke", "--quick", "--json", .. faults], TestContext.Current.CancellationToken, new Dictionary<string, string?> { ["CI"] = "true" });
        return (run.ExitCode, [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Report.Parse)], run.Output + run.Error);
    }

    private sealed record Report(string? Fault, bool Ok, int Segments, long FramesLost, long MaxLostMs, long Duplicates, long? SearchableP95Ms, string[] Problems)
    {
        private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

        public static Report Parse(string line) => JsonSerializer.Deserialize<Report>(line, Names)!;
    }
}

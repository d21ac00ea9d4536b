using System.Globalization;
using System.Text.Json;
using Heldar.Local;
using Heldar.Local.Drills;
using Heldar.Local.Processes;

namespace Heldar.EndToEnd;

/// <summary>
/// The short forms of all drills, as <c>heldar drill all --quick --json</c> runs them, on one set of cameras. Each first proves that its judge finds what is damaged,
/// removed and doubled, those of the cloud what is lost, doubled and changed. A machine without root, loop devices or FUSE cannot do those with disks of their own (power, disk-full,
/// slow-disk): they are skipped with the reason, unless it says by HELDAR_ALL_DRILLS=1, or by being root, that it can.
/// </summary>
public sealed class DrillsHold(DrillsHold.Reports reports) : IClassFixture<DrillsHold.Reports>
{
    private static readonly string[] Faults = ["damaged", "truncated", "removed", "removed_while_held", "removed_at_a_kill", "doubled", "overlapping"];

    /// <summary>The same for drills of the cloud.</summary>
    private static readonly string[] CloudFaults = ["loss", "duplicate", "sum", "mismatch"];

    /// <summary>Those of the drill that has a webhook receiver, besides.</summary>
    private static readonly string[] HookFaults = ["delivery_loss", "second_delivery", "unsigned_delivery", "changed_delivery", "repeated_delivery"];

    /// <summary>What no drill may ever count, whatever else it reports.</summary>
    private static readonly string[] Never = ["unreadable_segments", "lost_closed_segments", "duplicates", "held_lost", "deleted_by_clock", "overlaps_in_run", "events_lost", "applied_twice", "index_mismatches", "deliveries_lost", "deliveries_wrong"];

    /// <summary>Set where a good result decides something: a drill that cannot run fails there.</summary>
    private const string AllDrills = "HELDAR_ALL_DRILLS";

    private static bool MayNotSkip => Environment.IsPrivilegedProcess || Environment.GetEnvironmentVariable(AllDrills) is { Length: > 0 };

    public static TheoryData<string> Drills => [.. DrillRun.All.Select(drill => drill.Name)];

    [Theory]
    [MemberData(nameof(Drills))]
    public void EveryBarHolds(string drill)
    {
        Assert.True(reports.ByDrill.TryGetValue(drill, out JsonElement report), reports.Text);
        if (report.TryGetProperty("skipped", out JsonElement reason))
        {
            Assert.False(MayNotSkip, $"{drill} proves nothing here ({reason}), and this machine must run all drills: it is root, or {AllDrills} is set");
            Assert.Skip(reason.GetString()!);
        }

        foreach (string count in Never)
            if (report.GetProperty(count) is { ValueKind: JsonValueKind.Number } told) Assert.True(told.GetInt64() == 0, reports.Text);
        Assert.True(report.GetProperty("ok").GetBoolean(), reports.Text);
        string[] faults = report.GetProperty("events_sent").ValueKind == JsonValueKind.Number ? CloudFaults : Faults;
        if (drill == "pipeline") faults = [.. faults, .. HookFaults];
        Assert.Superset(faults.ToHashSet(), report.GetProperty("proved").EnumerateArray().Select(fault => fault.GetString()!).ToHashSet());
        Assert.True(report.GetProperty("runs").GetInt32() > 0, reports.Text);
    }

    [Fact]
    public void EveryDrillReports_AndTheTimeOfAllIsTold()
    {
        double sum = reports.ByDrill.Values.Sum(report => report.GetProperty("seconds").GetDouble());
        string text = string.Create(CultureInfo.InvariantCulture, $"{reports.Together}; one after the other {sum:0} s: {string.Join(", ", reports.ByDrill.Select(report => $"{report.Key} {report.Value.GetProperty("seconds").GetDouble():0}"))}");
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        TestContext.Current.SendDiagnosticMessage(text);

        Assert.Equal(DrillRun.All.Select(drill => drill.Name).Order(StringComparer.Ordinal), reports.ByDrill.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>The one run that all tests look at.</summary>
    public sealed class Reports : IAsyncLifetime
    {
        public IReadOnlyDictionary<string, JsonElement> ByDrill { get; private set; } = new Dictionary<string, JsonElement>();

        public string Text { get; private set; } = "";

        /// <summary>How long all took, two at a time, in words.</summary>
        public string Together { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            ToolResult run = await Tool.RunAsync("dotnet", [Build.Local + ".dll", "drill", "all", "--quick", "--json"], TestContext.Current.CancellationToken);
            Text = run.Output + run.Error;
            Together = run.Error.Split('\n').LastOrDefault(line => line.EndsWith("together", StringComparison.Ordinal)) ?? "nobody said how long they took together";
            ByDrill = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(line => line.GetProperty("drill").GetString()!);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

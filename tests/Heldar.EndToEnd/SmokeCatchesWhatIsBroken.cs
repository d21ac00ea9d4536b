using Heldar.Local.Smoke;

namespace Heldar.EndToEnd;

/// <summary>
/// Smoke with real cameras, boxes, Azurite, PostgreSQL, functions and fleet: it passes when all is well, and names each defect that is put in. Without the second
/// half, the first would prove nothing. Timings do not count: the machine may be busy.
/// </summary>
public sealed class SmokeCatchesWhatIsBroken
{
    [Fact]
    public async Task AllIsWell()
    {
        var report = await RunAsync(SmokeFaults.None);

        Assert.True(report.Ok, string.Join("; ", report.Problems));
        Assert.True(report.Segments >= 4);
        Assert.Equal(0, report.FramesLost);
        Assert.Equal(0, report.Duplicates);
        Assert.InRange(report.MaxLostMs, 0, 2000);
    }

    [Fact]
    public async Task ALostSegmentAndADuplicate_AreNamed()
    {
        var report = await RunAsync(SmokeFaults.LoseSegment | SmokeFaults.Duplicate);

        Assert.False(report.Ok);
        Assert.Contains(report.Problems, p => p.StartsWith("1 of ", StringComparison.Ordinal) && p.Contains("files are not found by the search", StringComparison.Ordinal));
        Assert.Contains(report.Problems, p => p.StartsWith("1 segments", StringComparison.Ordinal) && p.EndsWith("twice", StringComparison.Ordinal));
    }

    /// <summary>Events move through the queues and nowhere else: with Azurite stopped, nothing new is found.</summary>
    [Fact]
    public async Task WithoutAzurite_NothingNewIsFound()
    {
        var report = await RunAsync(SmokeFaults.AzuriteDown);

        Assert.False(report.Ok);
        Assert.Contains(report.Problems, p => p.Contains("files are not found by the search", StringComparison.Ordinal));
    }

    private static Task<SmokeReport> RunAsync(SmokeFaults faults) =>
        new SmokeRun(new SmokeOptions(Quick: true, CountTimings: false, faults, Keep: false), _ => { }).RunAsync(TestContext.Current.CancellationToken);
}

using Heldar.Edge.Health;
using Microsoft.Extensions.Logging;

namespace Heldar.Edge.Tests.Health;

/// <summary>What disks say is told when it begins and when it ends, not with every look.</summary>
public sealed class DiskWatchTests
{
    private static readonly DiskReport Well = new("sda", true, null);
    private static readonly DiskReport Failing = new("sda", false, "SMART says that the disk is failing");
    private static readonly DiskReport Unknown = new("sda", null, "SMART gives no verdict");

    [Fact]
    public void Problem_IsToldOnce_AndItsEndOnce()
    {
        var told = new Told();
        using var watch = new DiskWatch(new ManualClock(), told);

        watch.Take([Well]);
        Assert.Empty(told.Lines);
        for (var i = 0; i < 3; i++) watch.Take([Failing]);
        Assert.Equal(["Error disk sda: SMART says that the disk is failing"], told.Lines);
        Assert.Equal(["disk sda: SMART says that the disk is failing"], watch.Problems);

        for (var i = 0; i < 3; i++) watch.Take([Well]);
        Assert.Equal(["Error disk sda: SMART says that the disk is failing", "Information over: disk sda: SMART says that the disk is failing"], told.Lines);
        Assert.Empty(watch.Problems);
    }

    [Fact]
    public void DiskOfWhichNothingIsKnown_IsToldOnce_AndIsNoProblem()
    {
        var told = new Told();
        using var watch = new DiskWatch(new ManualClock(), told);

        watch.Take([Unknown]);
        watch.Take([Unknown with { Problem = "its last answer is older than an hour" }]);
        Assert.Equal(["Warning SMART of disk sda is not known: SMART gives no verdict"], told.Lines);
        Assert.Empty(watch.Problems);

        watch.Take([Well]);
        watch.Take([Well]);
        Assert.Equal("Information SMART of disk sda is known", Assert.Single(told.Lines.Skip(1)));

        // Known again and lost again is news; a disk that was pulled is none.
        watch.Take([Unknown]);
        watch.Take([]);
        Assert.Equal(3, told.Lines.Count);
    }

    private sealed class Told : ILogger<DiskWatch>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add($"{logLevel} {formatter(state, exception)}");
    }
}

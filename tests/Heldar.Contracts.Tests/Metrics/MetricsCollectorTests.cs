using System.Diagnostics.Metrics;
using Heldar.Contracts.Metrics;

namespace Heldar.Contracts.Tests.Metrics;

public sealed class MetricsCollectorTests : IDisposable
{
    private readonly object _scope = new();
    private readonly Meter _meter;
    private readonly MetricsCollector _collector;

    public MetricsCollectorTests()
    {
        _collector = new MetricsCollector(["Heldar.Test"], _scope);
        _meter = new Meter(new MeterOptions("Heldar.Test.Room") { Scope = _scope });
    }

    [Fact]
    public void Histogram_CountsIntoItsBuckets()
    {
        var histogram = _meter.CreateHistogram("heldar.test.time", "s", "Time.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in new[] { 0.05, 0.1, 0.5, 7 }) histogram.Record(value);

        Assert.Contains(
            """
            # HELP heldar_test_time_seconds Time.
            # TYPE heldar_test_time_seconds histogram
            heldar_test_time_seconds_bucket{le="0.1"} 2
            heldar_test_time_seconds_bucket{le="1"} 3
            heldar_test_time_seconds_bucket{le="+Inf"} 4
            heldar_test_time_seconds_sum 7.65
            heldar_test_time_seconds_count 4

            """,
            _collector.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Counter_AddsUp_PerLabel_Escaped()
    {
        var counter = _meter.CreateCounter<long>("heldar.test.things", null, "Back\\slash\nand line.");
        counter.Add(2, new KeyValuePair<string, object?>("a.b", "x\"y\\z\n"));
        counter.Add(3, new KeyValuePair<string, object?>("a.b", "x\"y\\z\n"));
        counter.Add(1, new KeyValuePair<string, object?>("a.b", 7));

        var text = _collector.Write();

        Assert.Contains("# HELP heldar_test_things_total Back\\\\slash\\nand line.\n# TYPE heldar_test_things_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains("heldar_test_things_total{a_b=\"x\\\"y\\\\z\\n\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("heldar_test_things_total{a_b=\"7\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void UpDownCounter_IsAGauge_ThatAddsUp()
    {
        var open = _meter.CreateUpDownCounter<long>("heldar.test.open");
        open.Add(3);
        open.Add(-1);

        Assert.Contains("# TYPE heldar_test_open gauge\nheldar_test_open 2\n", _collector.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_AreBounded_AndWhatHasNoRoomIsCounted()
    {
        var counter = _meter.CreateCounter<long>("heldar.test.many");
        for (var i = 0; i < MetricsCollector.MaxSeries + 5; i++) counter.Add(1, new KeyValuePair<string, object?>("n", i));

        var text = _collector.Write();

        Assert.Equal(MetricsCollector.MaxSeries, text.Split('\n').Count(l => l.StartsWith("heldar_test_many_total{", StringComparison.Ordinal)));
        Assert.Contains("heldar_metrics_refused_total 5\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherOwners_AreNotListenedTo()
    {
        using var other = new Meter(new MeterOptions("Heldar.Test.Room") { Scope = new object() });
        other.CreateCounter<long>("heldar.test.foreign").Add(1);

        Assert.DoesNotContain("foreign", _collector.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Recording_LosesNothing_WhenThreadsMeet()
    {
        var histogram = _meter.CreateHistogram<double>("heldar.test.meet");
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 10_000; i++) histogram.Record(1);
        });

        Assert.Contains("heldar_test_meet_sum 80000\nheldar_test_meet_count 80000\n", _collector.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void HotPath_AllocatesNothing()
    {
        var histogram = _meter.CreateHistogram<double>("heldar.test.hot");
        var counter = _meter.CreateCounter<long>("heldar.test.hot.bytes", "By");
        var volumes = Enumerable.Range(0, 48).Select(i => new KeyValuePair<string, object?>("volume", $"v{i}")).ToArray();
        Record(10);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Record(1000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.True(Boxed() > 0);

        void Record(int times)
        {
            for (var n = 0; n < times; n++)
            {
                foreach (var volume in volumes)
                {
                    histogram.Record(0.01 * n, volume);
                    counter.Add(n, volume);
                }
            }
        }

        // The same measure sees an allocation where there is one.
        long Boxed()
        {
            var start = GC.GetAllocatedBytesForCurrentThread();
            for (var n = 1000; n < 1100; n++) counter.Add(1, new KeyValuePair<string, object?>("volume", n));
            return GC.GetAllocatedBytesForCurrentThread() - start;
        }
    }

    public void Dispose()
    {
        _meter.Dispose();
        _collector.Dispose();
    }
}

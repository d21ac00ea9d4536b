using Heldar.Edge.Retention;
using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Tests.Retention;

/// <summary>A disk that is away does not cost the footage on the disks that are there.</summary>
public sealed class AwayVolumeTests : IAsyncDisposable
{
    private static readonly Guid Gate = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private readonly RetentionFixture _box = new();
    private readonly List<Guid> _all = [];

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Theory]
    [InlineData("quota")]
    [InlineData("cap")]
    public async Task LimitsCountOnlyWhatIsThere_AndGoOnOverAllVolumes_WhenTheDiskIsBack(string rule)
    {
        var (volume, writer) = await PutAsync();
        _box.Policy = rule == "quota" ? _box.Policy with { QuotaBytes = 6000 } : _box.Policy with { MaxBytes = 6000 };

        Assert.Equal(0, (await _box.Retainer.SweepAsync(CancellationToken.None)).Segments);
        var (plan, alerts) = await _box.Retainer.PlanAsync(CancellationToken.None);
        Assert.Empty(plan.Listed);
        Assert.Contains("5 segments of 5000 bytes", Assert.Single(alerts, a => a.Code == "volumes_away").Text, StringComparison.Ordinal);

        _box.Box.Volumes.Add(volume);
        _box.Box.Writers.Add(writer);
        Assert.Equal(4, (await _box.Retainer.SweepAsync(CancellationToken.None)).Segments);
        // The oldest of both volumes, in one order.
        Assert.Equal(_all.Skip(4).ToHashSet(), await _box.IndexedAsync(Gate));
        Assert.DoesNotContain((await _box.Retainer.PlanAsync(CancellationToken.None)).Alerts, a => a.Code == "volumes_away");
    }

    [Fact]
    public async Task WhatLiesOnADiskThatIsAway_IsNotEvenOffered()
    {
        await PutAsync();
        var offered = new Offered();
        var policy = RetentionPolicy.Default with { Age = Duration.FromMinutes(1), QuotaBytes = 1, MaxBytes = 1, MinFreeBytes = 1 << 20 };
        var sweep = new Sweep(_box.Box.Store, _box.Box.Volumes, _ => (0, 1L << 30), policy, offered, _box.Clock.Now, dry: false);

        await sweep.RunAsync(clockIsTrusted: true, CancellationToken.None);

        Assert.Equal(_all.Where((_, i) => i % 2 == 0).ToHashSet(), offered.Segments);
    }

    /// <summary>Ten segments, of which every second lies on a disk that then goes away.</summary>
    private async Task<(Volume Volume, VolumeWriter Writer)> PutAsync()
    {
        var disk = _box.Disk("away");
        for (var i = 0; i < 10; i++)
            _all.Add((await _box.PutAsync(Gate, "gate", _box.Clock.Now - Duration.FromMinutes(100 - i), on: i % 2 == 0 ? null : disk.Writer)).Segment);
        return disk;
    }

    private sealed class Offered : ICandidateTaker
    {
        public HashSet<Guid> Segments { get; } = [];

        public Task<IReadOnlyList<Candidate>> TakeAsync(IReadOnlyList<Candidate> segments, string reason, CancellationToken cancellation)
        {
            Segments.UnionWith(segments.Select(s => s.Id));
            return Task.FromResult<IReadOnlyList<Candidate>>([]);
        }
    }
}

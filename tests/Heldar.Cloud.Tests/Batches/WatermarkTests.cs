using Heldar.Cloud.Batches;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using NpgsqlTypes;

namespace Heldar.Cloud.Tests.Batches;

public sealed class WatermarkTests
{
    private static readonly string Epoch = new('0', 32);

    [Fact]
    public void Nothing_HasNoWatermark() => Assert.Equal(0, From().Through);

    [Fact]
    public void FirstRange_IsTheWatermark_AndTheRestShowsHoles()
    {
        var mark = From((1, 6), (8, 9), (12, 20));

        Assert.Equal(5, mark.Through);
        Assert.Equal([new SequenceRange(6, 7), new SequenceRange(9, 11)], mark.Holes);
    }

    [Fact]
    public void MissingFirstBatch_IsAHole()
    {
        var mark = From((3, 4));

        Assert.Equal(0, mark.Through);
        Assert.Equal([new SequenceRange(1, 2)], mark.Holes);
    }

    [Fact]
    public void Holes_AreBounded() =>
        Assert.Equal(Watermarks.MaxHoles, From([.. Enumerable.Range(1, 500).Select(i => (i * 2L, (i * 2L) + 1))]).Holes.Count);

    private static Watermark From(params (long From, long To)[] ranges) =>
        Watermarks.From(EventClass.Segment, Epoch, [.. ranges.Select(r => new NpgsqlRange<long>(r.From, true, r.To, false))]);
}

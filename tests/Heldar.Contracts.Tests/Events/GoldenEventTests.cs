using System.Text;
using System.Text.Json;
using Heldar.Contracts.Events;

namespace Heldar.Contracts.Tests.Events;

public sealed class GoldenEventTests
{
    /// <summary>The record that carries each type's data.</summary>
    private static readonly Dictionary<string, Type> Records = new(StringComparer.Ordinal)
    {
        [EventTypes.SegmentClosed] = typeof(SegmentData),
        [EventTypes.SegmentRevised] = typeof(SegmentData),
        [EventTypes.FootageDeleted] = typeof(FootageDeletedData),
        [EventTypes.Gap] = typeof(GapData),
        [EventTypes.Detection] = typeof(DetectionData),
        [EventTypes.Zone] = typeof(ZoneData),
        [EventTypes.SnapshotTaken] = typeof(SnapshotTakenData),
        [EventTypes.CameraState] = typeof(CameraStateData),
        [EventTypes.BoxStatus] = typeof(BoxStatusData),
        [EventTypes.BoxDescribed] = typeof(BoxDescribedData),
        [EventTypes.HoldApplied] = typeof(HoldAppliedData),
        [EventTypes.HoldReleased] = typeof(HoldReleasedData),
    };

    public static TheoryData<string> Types => [.. EventTypes.All.Select(t => t.Type)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Event_IsWrittenAsTheGoldenFile(string type)
    {
        var data = Records[type];
        var golden = GoldenFile.Read(type);
        var read = JsonSerializer.Deserialize<CloudEvent>(golden, HeldarJson.Options)!;
        Assert.Equal(type, read.Type);
        Assert.True(EventSource.TryParse(read.Source, out _));

        var bound = read.Data.Deserialize(data, HeldarJson.Options)!;
        var written = read with { Data = JsonSerializer.SerializeToElement(bound, data, HeldarJson.Options) };
        Assert.Equal(golden, JsonSerializer.Serialize(written, HeldarJson.Options));
    }

    [Fact]
    public void GapEvent_HasTheIdOfItsGapAndRevision()
    {
        var read = JsonSerializer.Deserialize<CloudEvent>(GoldenFile.Read(EventTypes.Gap), HeldarJson.Options)!;
        var data = read.DataAs<GapData>();
        Assert.Equal(read.Id, EventIds.ForGap(data.Gap, data.Revision));
    }

    [Fact]
    public void HoldEvents_HaveTheIdOfTheirHold()
    {
        var applied = JsonSerializer.Deserialize<CloudEvent>(GoldenFile.Read(EventTypes.HoldApplied), HeldarJson.Options)!;
        var released = JsonSerializer.Deserialize<CloudEvent>(GoldenFile.Read(EventTypes.HoldReleased), HeldarJson.Options)!;
        Assert.Equal(applied.Id, applied.DataAs<HoldAppliedData>().Hold.ToString("D"));
        Assert.Equal(released.Id, EventIds.ForHoldEnd(released.DataAs<HoldReleasedData>().HoldId));
    }

    [Fact]
    public void SegmentEvent_HasTheIdOfItsSegmentTypeAndRevision()
    {
        var read = JsonSerializer.Deserialize<CloudEvent>(GoldenFile.Read(EventTypes.SegmentRevised), HeldarJson.Options)!;
        var data = read.DataAs<SegmentData>();
        Assert.Equal(read.Id, EventIds.ForSegment(data.Segment, read.Type, data.Revision));
        Assert.Equal(read.Source, EventSource.OfCamera("main", "depot", data.Camera).ToString());
    }

    [Fact]
    public void Batch_IsWrittenAsTheGoldenFile()
    {
        var golden = GoldenFile.Read("batch");
        Assert.Equal(golden, Encoding.UTF8.GetString(BatchBody.Parse(Encoding.UTF8.GetBytes(golden)).ToBytes()));
    }

    [Fact]
    public void StagedEnvelope_IsWrittenAsTheGoldenFile()
    {
        var golden = GoldenFile.Read("envelope.staged");
        Assert.Equal(golden, Encoding.UTF8.GetString(Envelope.Parse(Encoding.UTF8.GetBytes(golden)).ToBytes()));
    }

    [Fact]
    public void InlineEnvelope_CarriesTheExactBatchText()
    {
        var golden = GoldenFile.Read("envelope");
        var envelope = Envelope.Parse(Encoding.UTF8.GetBytes(golden));
        Assert.Equal(GoldenFile.Read("batch"), envelope.Body);
        Assert.True(BatchBody.Parse(BatchBody.Bytes(envelope.Body!)).Matches(envelope));
        Assert.Equal(golden, Encoding.UTF8.GetString(envelope.ToBytes()));
    }
}

using System.Text;
using System.Text.Json;
using Heldar.Contracts.Events;

namespace Heldar.Contracts.Tests.Events;

public sealed class GoldenEventTests
{
    [Theory]
    [InlineData(EventTypes.SegmentClosed, typeof(SegmentData))]
    [InlineData(EventTypes.SegmentRevised, typeof(SegmentData))]
    [InlineData(EventTypes.FootageDeleted, typeof(FootageDeletedData))]
    [InlineData(EventTypes.CameraState, typeof(CameraStateData))]
    [InlineData(EventTypes.BoxStatus, typeof(BoxStatusData))]
    [InlineData(EventTypes.BoxDescribed, typeof(BoxDescribedData))]
    public void Event_IsWrittenAsTheGoldenFile(string type, Type data)
    {
        var golden = GoldenFile.Read(type);
        var read = JsonSerializer.Deserialize<CloudEvent>(golden, HeldarJson.Options)!;
        Assert.Equal(type, read.Type);
        Assert.True(EventSource.TryParse(read.Source, out _));

        var bound = read.Data.Deserialize(data, HeldarJson.Options)!;
        var written = read with { Data = JsonSerializer.SerializeToElement(bound, data, HeldarJson.Options) };
        Assert.Equal(golden, JsonSerializer.Serialize(written, HeldarJson.Options));
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

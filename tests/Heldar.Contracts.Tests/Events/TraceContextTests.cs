using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Heldar.Contracts.Events;

namespace Heldar.Contracts.Tests.Events;

public sealed class TraceContextTests
{
    private const string Good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void Event_CarriesItsTrace_ThereAndBack()
    {
        var read = Read($"\"{Good}\"", "\"congo=t61rcWkgMzE,rojo=00f067aa0ba902b7\"");
        var again = JsonSerializer.Deserialize<CloudEvent>(JsonSerializer.Serialize(read, HeldarJson.Options), HeldarJson.Options)!;

        Assert.Equal((Good, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"), (again.Traceparent, again.Tracestate));
        var context = TraceContext.Of(again);
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", ActivityTraceFlags.Recorded, true), (context.TraceId.ToString(), context.SpanId.ToString(), context.TraceFlags, context.IsRemote));
        Assert.Equal((Good, again.Tracestate), (TraceContext.ParentOf(context), TraceContext.StateOf(context)));
    }

    [Fact]
    public void Event_WithoutATrace_IsWrittenWithoutOne()
    {
        var one = Read("null", "null");

        Assert.DoesNotContain("trace", JsonSerializer.Serialize(one, HeldarJson.Options), StringComparison.Ordinal);
        Assert.Equal(default, TraceContext.Of(one));
        Assert.Null(TraceContext.ParentOf(default));
    }

    [Theory]
    [InlineData("7")]
    [InlineData("true")]
    [InlineData("[\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"]")]
    [InlineData("{\"a\":{\"b\":[1,2]}}")]
    [InlineData("\"\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\"")]
    [InlineData("\"00-00000000000000000000000000000000-b7ad6b7169203331-01\"")]
    [InlineData("\"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01\"")]
    [InlineData("\"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"")]
    [InlineData("\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g\"")]
    [InlineData("\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more\"")]
    [InlineData("\"00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01\"")]
    [InlineData("\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\\u0031\"")]
    public void Traceparent_ThatIsNone_IsIgnored_AndTheEventStays(string value)
    {
        var one = Read(value, "\"a=b\"");

        Assert.Null(one.Traceparent);
        Assert.Equal(default, TraceContext.Of(one));
        Assert.Equal(EventTypes.SegmentClosed, one.Type);
        Assert.Equal("closed", one.DataAs<SegmentData>().Reason);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("\"a\"")]
    [InlineData("\"=b\"")]
    [InlineData("\"a=b,,c=d\"")]
    [InlineData("\"a=b\\r\\nx: y\"")]
    [InlineData("\"ä=ö\"")]
    public void Tracestate_ThatIsNone_IsLeftOut(string value)
    {
        var one = Read($"\"{Good}\"", value);

        Assert.Null(one.Tracestate);
        Assert.Null(TraceContext.Of(one).TraceState);
        Assert.Equal(Good, one.Traceparent);
    }

    [Fact]
    public void Tracestate_IsBounded()
    {
        var longest = "a=" + new string('b', TraceContext.MaxState - 2);

        Assert.Equal(longest, Read($"\"{Good}\"", $"\"{longest}\"").Tracestate);
        Assert.Null(Read($"\"{Good}\"", $"\"{longest}b\"").Tracestate);
    }

    [Fact]
    public void Batch_StaysReadable_WhateverATraceSays()
    {
        var spoiled = GoldenFile.Read("batch").Replace("\"datacontenttype\"", "\"traceparent\":{\"x\":[]},\"tracestate\":1e9,\"datacontenttype\"", StringComparison.Ordinal);

        Assert.Null(Assert.Single(BatchBody.Parse(Encoding.UTF8.GetBytes(spoiled)).Events).Traceparent);
    }

    private static CloudEvent Read(string traceparent, string tracestate) => JsonSerializer.Deserialize<CloudEvent>(
        GoldenFile.Read(EventTypes.SegmentClosed).Replace("\"datacontenttype\"", $"\"traceparent\":{traceparent},\"tracestate\":{tracestate},\"datacontenttype\"", StringComparison.Ordinal), HeldarJson.Options)!;
}

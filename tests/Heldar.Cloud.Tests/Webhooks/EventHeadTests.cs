using System.Text;
using Heldar.Cloud.Webhooks;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Webhooks;

public sealed class EventHeadTests
{
    private const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Fact]
    public void StoredEvent_SaysWhatItIs()
    {
        using var box = new TestBox();
        var one = box.Event(TestBox.Segment(Guid.CreateVersion7(), Instant.FromUtc(2026, 11, 21, 5, 0), Duration.FromSeconds(30))) with { Traceparent = Trace, Tracestate = "a=b" };

        Assert.Equal(new EventHead(one.Id, one.Type, Trace, "a=b"), EventHead.Of(FanOutSender.TryWrite(one)));
        Assert.Equal(new EventHead(one.Id, one.Type, null, null), EventHead.Of(FanOutSender.TryWrite(one with { Traceparent = null, Tracestate = null })));
    }

    [Theory]
    [InlineData("""{"id":"a","data":{"id":"b","traceparent":"c"},"type":"late"}""", "a", "")]
    [InlineData("""{"id":7,"type":["x"],"source":{"id":"b"},"data":{}}""", "", "")]
    [InlineData("""{"id":"a\nb","type":"\ud800"}""", "a b", "")]
    [InlineData("""{"id":"a",""", "a", "")]
    [InlineData("none", "", "")]
    [InlineData("", "", "")]
    public void AnythingElse_SaysAsMuchAsThereIs(string body, string id, string type) => Assert.Equal((id, type), (EventHead.Of(Encoding.UTF8.GetBytes(body)).Id, EventHead.Of(Encoding.UTF8.GetBytes(body)).Type));
}

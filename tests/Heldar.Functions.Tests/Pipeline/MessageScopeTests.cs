using System.Text;
using Heldar.Functions.Pipeline;
using Heldar.Testing;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>What log lines say of a message, whoever wrote it.</summary>
public sealed class MessageScopeTests
{
    [Fact]
    public void Batch_IsNamedByBoxAndEvents()
    {
        using var box = new TestBox();
        var events = Enumerable.Range(0, MessageScope.MaxEvents + 1).Select(_ => box.Event(TestBox.Segment(Guid.CreateVersion7(), Scene.Now, Scene.Half))).ToList();

        var scope = Of(box.Seal(events).ToBytes());

        var words = scope.ToDictionary(w => w.Key, w => w.Value, StringComparer.Ordinal);
        Assert.Equal(("0", "segments-0", "m1", box.Id.ToString()), (words["Shard"], words["Queue"], words["Message"], words["Box"]));
        Assert.Equal(string.Join(' ', events.Take(MessageScope.MaxEvents).Select(e => e.Id)) + " …", words["Events"]);
        Assert.StartsWith($"Shard:0 Queue:segments-0 Message:m1 Box:{box.Id} Events:{events[0].Id} ", scope.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"tenant":"main","events":[{"id":"e1"},{"id":"e2"}]}""", "Shard:0 Queue:segments-0 Message:m1 Events:e1 e2")]
    [InlineData("""{"tenant":"main","delivery":"msg_1"}""", "Shard:0 Queue:segments-0 Message:m1 Delivery:msg_1")]
    [InlineData("""{"events":[7,{"id":7},{"id":"a\nb\u001b[31m"}]}""", "Shard:0 Queue:segments-0 Message:m1 Events:a b [31m")]
    [InlineData("""{"box":"\ud800","events":[]}""", "Shard:0 Queue:segments-0 Message:m1")]
    [InlineData("""{"body":"no json"}""", "Shard:0 Queue:segments-0 Message:m1")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[", "Shard:0 Queue:segments-0 Message:m1")]
    [InlineData("", "Shard:0 Queue:segments-0 Message:m1")]
    public void Message_IsNamedAsFarAsItSays_OnOneLine(string body, string said) => Assert.Equal(said, Of(Encoding.UTF8.GetBytes(body)).ToString());

    private static MessageScope Of(byte[] body) => new("0", new QueueMessage("segments-0", "m1", 1, body));
}

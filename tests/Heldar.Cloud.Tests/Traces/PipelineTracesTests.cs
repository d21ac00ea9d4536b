using System.Diagnostics;
using Heldar.Cloud.Traces;
using Heldar.Contracts.Events;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Traces;

/// <summary>Which spans handling makes, and in which traces. The listener is the test's own: it looks at its own queues alone.</summary>
public sealed class PipelineTracesTests : IDisposable
{
    private const string First = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private const string Second = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    private readonly TestBox _box = new();
    private readonly string _queue = $"q-{Guid.NewGuid():N}";
    private readonly List<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public PipelineTracesTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == PipelineTraces.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a =>
            {
                if (!a.DisplayName.EndsWith(_queue, StringComparison.Ordinal)) return;
                lock (_ended) _ended.Add(a);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public void EachTracedEvent_HasASpanInItsTrace_AndTheOthersLinkToTheWork()
    {
        using (var span = PipelineTraces.Process(_queue, [Event(null), Event(First), Event(Second)]))
        {
            using var send = PipelineTraces.Send(_queue, 3);
            Assert.NotNull(span);
        }

        var (send2, work, other) = (_ended[0], _ended[1], _ended[2]);
        Assert.Equal(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", ActivityKind.Consumer), (work.TraceId.ToString(), work.ParentSpanId.ToString(), work.Kind));
        Assert.Equal(3, work.GetTagItem("messaging.batch.message_count"));
        Assert.Equal((work.SpanId, ActivityKind.Producer), (send2.ParentSpanId, send2.Kind));
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", work.StartTimeUtc), (other.TraceId.ToString(), other.StartTimeUtc));
        Assert.Equal(work.SpanId, Assert.Single(other.Links).Context.SpanId);
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void UntracedEvents_BeginATrace()
    {
        var one = Event(null);

        PipelineTraces.Process(_queue, [one])!.Dispose();

        var work = Assert.Single(_ended);
        Assert.Equal((default, one.Id), (work.ParentSpanId, work.GetTagItem("cloudevents.event_id")));
    }

    [Fact]
    public void Failures_AreMarkedInEveryTrace_WithoutTheirWords()
    {
        using (var span = PipelineTraces.Process(_queue, [Event(First), Event(Second)])) span!.Fail(new TimeoutException("Password=hush"));

        Assert.Equal(2, _ended.Count);
        Assert.All(_ended, a => Assert.Equal((ActivityStatusCode.Error, "System.TimeoutException", null), (a.Status, a.GetTagItem("error.type"), a.StatusDescription)));
    }

    [Fact]
    public void LargeBatches_HaveFewSpans()
    {
        PipelineTraces.Process(_queue, [.. Enumerable.Range(0, 500).Select(_ => Event(First))])!.Dispose();

        Assert.Equal(PipelineTraces.MaxEvents, _ended.Count);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _box.Dispose();
    }

    private CloudEvent Event(string? traceparent) => _box.Event(TestBox.Segment(Guid.CreateVersion7(), Instant.FromUtc(2026, 11, 21, 5, 0), Duration.FromSeconds(30))) with { Traceparent = traceparent };
}

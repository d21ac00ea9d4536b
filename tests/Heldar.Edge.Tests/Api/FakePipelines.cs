using System.Collections.Concurrent;
using Heldar.Edge.Ingest;
using Heldar.Edge.PreRoll;
using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Tests.Api;

/// <summary>Pipelines that record nothing and remember what was asked of them.</summary>
internal sealed class FakePipelines : IRecordingPipelines
{
    public ConcurrentQueue<FakePipeline> Started { get; } = new();

    public IEnumerable<FakePipeline> Running => Started.Where(p => !p.Disposed);

    public Func<StreamStatus> Status { get; set; } = () => new StreamStatus { State = StreamState.Connecting, Since = Instant.FromUtc(2026, 11, 21, 4, 37) };

    public IRecordingPipeline Start(CameraIdentity identity, StreamSource source, RecordingPlan plan)
    {
        FakePipeline.Check(source);
        var pipeline = new FakePipeline(this, identity, source, plan);
        Started.Enqueue(pipeline);
        return pipeline;
    }
}

internal sealed class FakePipeline(FakePipelines owner, CameraIdentity identity, StreamSource source, RecordingPlan plan) : IRecordingPipeline
{
    public CameraIdentity Identity => identity;

    public StreamSource Source { get; private set; } = source;

    public RecordingPlan Plan { get; private set; } = plan;

    /// <summary>Sessions that it changed to.</summary>
    public int Changes { get; private set; }

    public PreRollProgress? PreRoll { get; set; }

    public bool IsRecording { get; private set; }

    /// <summary>Every wish, oldest first: from when, or until when.</summary>
    public List<(bool From, Instant At)> Wishes { get; } = [];

    public static void Check(StreamSource source)
    {
        if (source.Url.Host == "broken") throw new ArgumentException("this one cannot start");
    }

    public void Use(RecordingPlan plan) => Plan = plan;

    public void Connect(StreamSource source)
    {
        Check(source);
        Source = source;
        Changes++;
    }

    public void RecordFrom(Instant from)
    {
        IsRecording = true;
        Wishes.Add((true, from));
    }

    public void RecordUntil(Instant until)
    {
        IsRecording = false;
        Wishes.Add((false, until));
    }

    public bool Disposed { get; private set; }

    /// <summary>Disposing waits for it.</summary>
    public Task Closing { get; set; } = Task.CompletedTask;

    public StreamStatus Stream => owner.Status();

    public RecorderProgress Recorder { get; set; } = RecorderProgress.Empty;

    public IDisposable Subscribe(IStreamSubscriber subscriber) => throw new NotSupportedException("no stream here");

    public async ValueTask DisposeAsync()
    {
        await Closing;
        Disposed = true;
    }
}

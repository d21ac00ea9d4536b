using System.Diagnostics;
using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Ingest;
using Heldar.Local.Cameras;
using Heldar.Local.Processes;
using Heldar.Media.Ingest;
using Heldar.Media.Tests;
using NodaTime;

namespace Heldar.Edge.Tests.Ingest;

/// <summary>
/// Cameras that stop sending while their connection lives, and a camera whose whole system hangs: seen within 10 s, answered by reconnecting, recorded again when media is back.
/// </summary>
public sealed class StallIsSeenAndActedUpon : IAsyncLifetime
{
    private static readonly Duration Seen = Duration.FromSeconds(10);
    private static readonly CameraSpec Gate = new("gate", new FootageRecipe("h264", 360, 25, 1, 500)) { Audio = "pcmu" };
    private RecordedCameras _cameras = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // The program's own options: it is their times that are proved.
    public async ValueTask InitializeAsync() => _cameras = await RecordedCameras.StartAsync([Gate], new IngestOptions());

    public ValueTask DisposeAsync() => _cameras.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CameraThatSendsNothingMore_IsToldWithin10Seconds_AndConnectedAgain(bool hangs)
    {
        var gate = _cameras.Start(Gate, audio: true);
        gate.RecordFrom(Instant.MinValue);
        await RecordsAsync(gate, since: null);
        await Eventually.TrueAsync(() => gate.Stream.AudioUnits > 0, "sound comes");
        Assert.NotNull(gate.Stream.LastAudioAt);
        var pid = _cameras.Simulator.Child!.Pid;

        var stalled = Stopwatch.StartNew();
        if (hangs) Signals.Send(pid, Signals.Freeze);
        else await _cameras.Simulator.Control.StallAsync(Gate.Name, Cancellation);
        try
        {
            await Eventually.TrueAsync(() => Condition(gate) == CameraCondition.Stalled, "the stall is seen");
            var seen = stalled.Elapsed;
            TestContext.Current.SendDiagnosticMessage($"seen after {seen.TotalSeconds:0.0} s");
            Assert.True(Duration.FromTimeSpan(seen) <= Seen, $"seen after {seen}");
            Assert.Null(gate.Recorder.RecordedSince);
            await Eventually.TrueAsync(() => gate.Stream.Reconnects > 0, "a reconnect");
            Assert.NotEqual(CameraCondition.Recording, Condition(gate));
        }
        finally
        {
            if (hangs) Signals.Send(pid, Signals.Continue);
        }

        if (!hangs) await _cameras.Simulator.Control.ResumeAsync(Gate.Name, Cancellation);
        await RecordsAsync(gate, gate.Recorder.RecordedThrough);
        await Eventually.TrueAsync(() => gate.Recorder.BreakCount > 0, "the break is told");
        Assert.Equal("stalled", Assert.Single(gate.Recorder.Breaks).Cause);
    }

    private static WishNow Always { get; } = new([new Wish(Instant.MinValue, Instant.MaxValue, WishReason.Continuous)], null, null, false);

    private static CameraCondition Condition(IRecordingPipeline pipeline) =>
        CameraConditions.Judge(pipeline.Stream, pipeline.Recorder, Always, SystemClock.Instance.GetCurrentInstant()).Condition;

    private static Task RecordsAsync(IRecordingPipeline pipeline, Instant? since) => Eventually.TrueAsync(
        () => Condition(pipeline) == CameraCondition.Recording && pipeline.Recorder is { RecordedSince: { } from } && (since is null || from > since), "it is recorded", 60);
}

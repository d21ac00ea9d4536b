using System.Data.Common;
using Heldar.Contracts.Events;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Health;
using Heldar.Edge.Recorder;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Health;

public sealed class BoxReporterTests : IAsyncLifetime
{
    private readonly Collected _events = new();
    private BoxFixture _box = null!;
    private BoxReporter _reporter = null!;

    [Fact]
    public async Task FirstStep_DescribesTheBox_ThenOnlyChangesAreTold()
    {
        await _reporter.StepAsync(CancellationToken.None);
        Assert.Equal([EventTypes.BoxDescribed, EventTypes.CameraState, EventTypes.BoxStatus], _events.Types);
        var described = (BoxDescribedData)_events.Items[0];
        Assert.Equal(("gate", "Gate"), (described.Cameras.Single().Slug, described.Cameras.Single().Name));

        _box.Clock.Advance(Duration.FromSeconds(1));
        await _reporter.StepAsync(CancellationToken.None);
        Assert.Equal(3, _events.Items.Count);
    }

    [Fact]
    public async Task Status_IsToldEveryTwoSeconds_WhileSomethingRecords_AndEveryFifteenOtherwise()
    {
        for (var i = 0; i < 30; i++) await SecondAsync();
        Assert.Equal(2, _events.Types.Count(t => t == EventTypes.BoxStatus));

        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = _box.Clock.Now };
        for (var i = 0; i < 31; i++)
        {
            _box.Pipelines.Running.Single().Recorder = new RecorderProgress { RecordedThrough = _box.Clock.Now, RecordedSince = _box.Clock.Now, OpenSegment = Guid.NewGuid(), OpenStart = _box.Clock.Now };
            await SecondAsync();
        }

        Assert.InRange(_events.Types.Count(t => t == EventTypes.BoxStatus), 12, 18);
        var last = (BoxStatusData)_events.Items.Last(e => e is BoxStatusData);
        Assert.Equal(CameraCondition.Recording, last.Cameras.Single().Condition);
        Assert.NotNull(last.Cameras.Single().RecordedThrough);
        Assert.True(last.DiskTotalBytes > 0);
        Assert.Equal(_events.Items.Count, _events.Seqs.Distinct().Count());
        Assert.Equal(_events.Seqs.Order(), _events.Seqs);
    }

    [Theory]
    [InlineData(24 * 365 * 10)]
    [InlineData(-24 * 365 * 10)]
    public async Task Status_GoesOn_WhenTheClockWasSetAndComesBack(int hours)
    {
        _box.Clock.Now += Duration.FromHours(hours);
        await SecondAsync();
        _box.Clock.Now -= Duration.FromHours(hours);
        _events.Types.Clear();
        for (var i = 0; i < 30; i++) await SecondAsync();

        Assert.Equal(2, _events.Types.Count(t => t == EventTypes.BoxStatus));
    }

    [Fact]
    public async Task Cause_ThatACameraWrote_IsToldWithoutItsControlCharacters()
    {
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Offline, Since = _box.Clock.Now, Cause = "500 \0\u001b[2J" + new string('x', 3000) };

        for (var i = 0; i < 2; i++) await SecondAsync();

        var state = (CameraStateData)_events.Items.Last(e => e is CameraStateData);
        Assert.Equal("500   [2Jxxx", state.Cause![..12]);
        Assert.True(EventRules.IsText(state.Cause, CameraStateData.MaxCause));
    }

    [Fact]
    public async Task CameraChange_IsDescribedAnew()
    {
        await SecondAsync();
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://a:b@10.0.0.2/" }, 201);
        await SecondAsync();

        var described = (BoxDescribedData)_events.Items.Last(e => e is BoxDescribedData);
        Assert.Equal(["gate", "yard"], described.Cameras.Select(c => c.Slug));
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync("cameras: [{ id: gate, name: Gate, url: 'rtsp://10.0.0.1/' }]");
        var services = _box.App.Services;
        _reporter = new BoxReporter(
            services.GetRequiredService<BoxSettings>(), _box.Cameras, new CameraWatch(), services.GetRequiredService<BootCounter>(), services.GetRequiredService<IStoreWriter>(), _events,
            services.GetRequiredService<BoxGauges>(), new BoxTime(_box.Clock, _box.Clock.Monotonic));
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private async Task SecondAsync()
    {
        await _reporter.StepAsync(CancellationToken.None);
        _box.Clock.Advance(Duration.FromSeconds(1));
    }

    private sealed class Collected : IOutbox
    {
        public List<string> Types { get; } = [];

        public List<object> Items { get; } = [];

        public List<long> Seqs { get; } = [];

        public void Append(DbConnection tx, string eventType, string eventId, Guid? camera, Instant time, object data)
        {
            Types.Add(eventType);
            Items.Add(data);
            Seqs.Add(data switch { BoxDescribedData d => d.Seq, CameraStateData c => c.Seq, BoxStatusData s => s.Seq, _ => throw new NotSupportedException(eventType) });
            Assert.True(Guid.TryParseExact(eventId, "D", out _));
        }
    }
}

using System.Text;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Testing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>
/// A registered box that turned hostile, or mad: whatever it signs, one event costs one dead letter, its neighbours are applied, and no handler crashes. The
/// handlers run in this process, so that a crash is the test's exception.
/// </summary>
public sealed class HostileBatchTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Now = Scene.Now;
    private static readonly Duration Half = Scene.Half;

    public static TheoryData<string> SpoiledSegments =>
    [
        "codec\":\"a\\u0000b", "codec\":\"a\\ud800b", "reason\":\"\\u001b[2J", "reason\":\"", "start\":\"-9998-01-01T00:00:00Z", "start\":\"9999-12-31T23:59:59-18:00", "start\":\"0001-01-01T00:00:00+18:00",
        "end\":\"9999-12-31T23:59:59Z",
    ];

    [Theory]
    [MemberData(nameof(SpoiledSegments))]
    public async Task Segment_WithDataThatNoStoreHolds_IsOneDeadLetter(string spoiled)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var good = TestBox.Segment(scene.Camera, Now - Half, Half);
        var field = spoiled[..spoiled.IndexOf('"', StringComparison.Ordinal)];

        await RunAsync(scene, QueueNames.Segments, scene.Box.Seal([scene.Box.Event(good), scene.Box.Event(TestBox.Segment(scene.Camera, Now, Half))], EventClass.Segment, text: text => ReplaceLast(text, field, spoiled)));

        Assert.Equal([DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(good.Segment, await scene.Cloud.ScalarAsync<Guid>("select segment from segment_landing"));
        Assert.Equal(1, Assert.Single(await Watermarks.ReadAsync(scene.Cloud.Database, "main", scene.Box.Id, TestContext.Current.CancellationToken)).Through);
    }

    [Theory]
    [InlineData("id", "a\\u0000b", DeadLetterReasons.BadData)]
    [InlineData("time", "-0001-01-01T00:00:00Z", DeadLetterReasons.BadData)]
    [InlineData("type", "heldar.\\u0000.v1", DeadLetterReasons.UnknownType)]
    [InlineData("type", "heldar.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\\ud83d\\ude00", DeadLetterReasons.UnknownType)]
    public async Task Event_WithAHostileHeader_IsOneDeadLetter(string field, string value, string reason)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var good = TestBox.Segment(scene.Camera, Now - Half, Half);

        await RunAsync(scene, QueueNames.Segments, scene.Box.Seal([scene.Box.Event(good), scene.Box.Event(TestBox.Segment(scene.Camera, Now, Half))], EventClass.Segment, text: text => ReplaceLast(text, field, $"{field}\":\"{value}")));

        Assert.Equal([reason], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(1, await scene.Cloud.ScalarAsync<long>("select count(*) from segment_landing"));
    }

    [Fact]
    public async Task Event_ThatCannotBeWrittenAgain_IsKeptAsText()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);

        await RunAsync(scene, QueueNames.Segments, scene.Box.Seal([scene.Box.Event(TestBox.Segment(scene.Camera, Now, Half))], EventClass.Segment, text: text => text.Replace("\"codec\":", "\"more\":\"\\udc00\",\"codec\":\"\",\"other\":", StringComparison.Ordinal)));

        Assert.Equal([DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
        Assert.Contains("udc00", Encoding.UTF8.GetString(await scene.Cloud.ScalarAsync<byte[]>("select body from dead_letter")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cause\":\"a\\u0000b")]
    [InlineData("since\":\"-0001-01-01T00:00:00Z")]
    public async Task State_WithDataThatNoStoreHolds_IsOneDeadLetter(string spoiled)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        CloudEvent State(long seq) => CloudEvent.Create(
            EventTypes.CameraState, Guid.CreateVersion7().ToString("D"), EventSource.OfCamera("main", "depot", scene.Camera), Now, new CameraStateData { BootSeq = 1, Seq = seq, Camera = scene.Camera, Name = "gate", Condition = CameraCondition.Offline, Cause = "gone", Since = Now });

        await RunAsync(scene, QueueNames.States, scene.Box.Seal([State(1), State(2)], EventClass.State, text: text => ReplaceLast(text, spoiled[..spoiled.IndexOf('"', StringComparison.Ordinal)], spoiled)));

        Assert.Equal([DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(1, await scene.Cloud.ScalarAsync<long>("select seq from camera_state"));
    }

    [Fact]
    public async Task Status_WithATimeBeforeTheCalendar_IsOneDeadLetter()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var status = new BoxStatusData { BootSeq = 1, Seq = 1, Cameras = [new(scene.Camera, CameraCondition.Recording, Instant.MinValue)], DiskFreeBytes = 1, DiskTotalBytes = 1, OutboxBacklog = 0 };

        await RunAsync(scene, QueueNames.States, scene.Box.Seal([scene.Box.BoxEvent(EventTypes.BoxStatus, Now, status)], EventClass.State));

        Assert.Equal([DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
    }

    [Theory]
    [InlineData("status")]
    [InlineData("recordedSince")]
    [InlineData("recordedThrough")]
    [InlineData("openStart")]
    [InlineData("state")]
    public async Task StateFromTheFuture_IsOneDeadLetter(string which)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        Instant At(string field) => Now + (field == which ? Duration.FromDays(2) : Duration.Zero);
        var status = new BoxStatusData
        {
            BootSeq = 1,
            Seq = 1,
            DiskFreeBytes = 1,
            DiskTotalBytes = 1,
            OutboxBacklog = 0,
            Cameras = [new(scene.Camera, CameraCondition.Recording, At("recordedSince"), At("recordedThrough"), Guid.CreateVersion7(), At("openStart"))],
        };
        var state = new CameraStateData { BootSeq = 1, Seq = 1, Camera = scene.Camera, Name = "gate", Condition = CameraCondition.Offline, Since = At("state") };

        await RunAsync(scene, QueueNames.States, scene.Box.Seal(
            [
                scene.Box.BoxEvent(EventTypes.BoxStatus, At("status"), status),
                CloudEvent.Create(EventTypes.CameraState, Guid.CreateVersion7().ToString("D"), EventSource.OfCamera("main", "depot", scene.Camera), Now, state),
            ],
            EventClass.State));

        Assert.Equal([DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal((which == "state" ? 1L : 0L, which == "state" ? 0L : 1L), (await scene.Cloud.ScalarAsync<long>("select count(*) from camera_progress"), await scene.Cloud.ScalarAsync<long>("select count(*) from camera_state")));
    }

    [Fact]
    public async Task ClockThatIsAhead_IsHeardNow_SoThatSilenceIsSeen()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var ahead = SystemClock.Instance.GetCurrentInstant() + Duration.FromHours(20);
        var status = new BoxStatusData { BootSeq = 1, Seq = 1, Cameras = [new(scene.Camera, CameraCondition.Recording, ahead)], DiskFreeBytes = 1, DiskTotalBytes = 1, OutboxBacklog = 0 };

        await RunAsync(scene, QueueNames.States, scene.Box.Seal([scene.Box.BoxEvent(EventTypes.BoxStatus, ahead, status)], EventClass.State));

        Assert.Empty(await scene.Cloud.LetterReasonsAsync());
        Assert.True(await scene.Cloud.ScalarAsync<bool>("select reported_at <= now() and reported_at > now() - interval '1 minute' from camera_progress"));
    }

    [Fact]
    public async Task GapFromTheFuture_IsOneDeadLetter()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var far = Now + Duration.FromDays(2);
        CloudEvent Gap(Instant start, Instant? end)
        {
            var gap = new GapData { Gap = Guid.CreateVersion7(), Camera = scene.Camera, Revision = 1, Start = start, End = end, Cause = GapCause.Network };
            return CloudEvent.Create(EventTypes.Gap, EventIds.ForGap(gap.Gap, 1), EventSource.OfCamera("main", "depot", scene.Camera), Now, gap);
        }

        await RunAsync(scene, QueueNames.Detections, scene.Box.Seal([Gap(Now, null), Gap(far, null), Gap(Now, far), Gap(Now, Now)], EventClass.Alert));

        Assert.Equal([DeadLetterReasons.BadData, DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(2, await scene.Cloud.ScalarAsync<long>("select count(*) from gap"));
    }

    [Fact]
    public async Task Description_WithControlCharacters_IsOneDeadLetter()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var described = new BoxDescribedData { BootSeq = 1, Seq = 1, Name = "Depot", Version = "0.1", Cameras = [new(scene.Camera, "gate", "Ga\0te", true)] };

        await RunAsync(scene, QueueNames.Registrations, scene.Box.Seal([scene.Box.BoxEvent(EventTypes.BoxDescribed, Now, described)], EventClass.State));

        Assert.Equal([DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
    }

    [Fact]
    public async Task Deletion_FromTheFuture_HidesNothing()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        CloudEvent Deleted(Instant at, Instant from, Instant to) => CloudEvent.Create(
            EventTypes.FootageDeleted, Guid.CreateVersion7().ToString("D"), EventSource.OfCamera("main", "depot", scene.Camera), at, new FootageDeletedData { Camera = scene.Camera, From = from, To = to, Reason = "retention", Count = 1, Bytes = 1 });
        var week = Duration.FromDays(7);

        await RunAsync(scene, QueueNames.Segments, scene.Box.Seal([Deleted(Now + week, Now - week, Now), Deleted(Now, Now - week, Now + week), Deleted(Now, Instant.MinValue, Now), Deleted(Now, Now - week, Now)], EventClass.Segment));

        Assert.Equal([DeadLetterReasons.BadData, DeadLetterReasons.BadData, DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(1, await scene.Cloud.ScalarAsync<long>("select count(*) from tombstone"));
    }

    [Fact]
    public async Task OneSegmentId_OnTwoCameras_LandsOnBoth()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var other = await scene.Box.AddCameraAsync(scene.Cloud.Database, "yard");
        var one = TestBox.Segment(scene.Camera, Now - Half, Half);

        await RunAsync(scene, QueueNames.Segments, scene.Box.Seal([scene.Box.Event(one), scene.Box.Event(one with { Camera = other })], EventClass.Segment));

        Assert.Equal(2, await scene.Cloud.ScalarAsync<long>("select count(distinct camera) from segment_landing"));
    }

    [Fact]
    public async Task Message_WithAKeyIdThatIsNone_IsRefused_BeforeAnybodyLooksItUp()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);

        await RunAsync(scene, QueueNames.Segments, scene.Box.Seal([scene.Box.Event(TestBox.Segment(scene.Camera, Now, Half))], after: e => e with { KeyId = "a\0b" }));

        Assert.Equal([DeadLetterReasons.NotAnEnvelope], await scene.Cloud.LetterReasonsAsync());
    }

    /// <summary>Replaces the value of the last text field of a name; the last event of the batch is the spoiled one.</summary>
    private static string ReplaceLast(string json, string field, string replacement)
    {
        var at = json.LastIndexOf($"\"{field}\":\"", StringComparison.Ordinal) + 1;
        return json[..at] + replacement + json[json.IndexOf('"', at + field.Length + 3)..];
    }

    private static async Task RunAsync(Scene scene, string queue, Envelope envelope)
    {
        var options = new FunctionsOptions(scene.Cloud.PipelineDatabase, scene.Cloud.Storage, scene.Cloud.Shard, null, 0, 1);
        await using var services = new ServiceCollection().AddLogging().AddHandlers(options).BuildServiceProvider();
        var function = services.GetServices<IQueueFunction>().Single(f => f.Queue == queue);
        await function.RunAsync(new QueueMessage(scene.Cloud.Queue(queue), "m1", 1, envelope.ToBytes()), TestContext.Current.CancellationToken);
    }
}

using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Local;
using Heldar.Testing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>Nothing that a box can send meets a cloud without a handler: each type of the one table, through both fronts.</summary>
public sealed class EventCensusTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Now = Scene.Now;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryQueueThatBoxesWriteTo_HasItsFunctionAndItsDrain()
    {
        await using var services = Services("Host=127.0.0.1", azurite.ConnectionString, "0");
        var functions = services.GetServices<IQueueFunction>().ToDictionary(f => f.Queue, StringComparer.Ordinal);

        Assert.All(EventTypes.All, t => Assert.Equal(t.Handler, functions.GetValueOrDefault(t.Queue)?.Name));
        Assert.Single(services.GetServices<ITimerFunction>(), t => t is DrainPoison.DrainPoison);
        // The worker front runs what is registered, the handler front what has a folder.
        Assert.All(functions.Values, f => Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(Build.Functions)!, f.Name, "function.json")), $"{f.Name} has no function.json"));
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task EveryEventType_IsApplied_AndCountsForItsWatermark(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var front = await RunningFront.StartAsync(kind, cloud);
        var hold = Guid.CreateVersion7();
        var events = EventTypes.All.Select(t => (Type: t, Event: Sample(t.Type, scene, hold))).ToList();

        foreach (var (type, one) in events) await cloud.SendAsync(box.Seal([one], type.Class), type.Queue);
        await cloud.DrainedAsync();

        Assert.Empty(await cloud.LetterReasonsAsync());
        var marks = (await Watermarks.ReadAsync(cloud.Database, "main", box.Id, Token)).ToDictionary(w => w.Class, w => (w.Through, w.Holes.Count));
        Assert.Equal(events.GroupBy(e => e.Type.Class).ToDictionary(g => g.Key, g => ((long)g.Count(), 0)).OrderBy(m => m.Key), marks.OrderBy(m => m.Key));
        foreach (var table in new[] { "hold", "detection", "zone_event", "snapshot", "gap", "camera_state", "tombstone" })
            Assert.Equal((table, 1L), (table, await cloud.ScalarAsync<long>($"select count(*) from {table}")));
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Holds_StandAndEndOnce_InWhateverOrderAndHoweverOftenTheyCome(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        var holds = Enumerable.Range(0, 6).Select(i => Hold(camera, Now - Duration.FromHours(i + 1))).ToList();
        var ended = holds.Where((_, i) => i % 2 == 0).ToList();
        var messages = holds.Select(h => box.Seal([Placed(scene, h)], EventClass.Evidence))
            .Concat(ended.Select(h => box.Seal([Ended(scene, h.Hold, camera)], EventClass.Evidence))).ToList();
        await using var front = await RunningFront.StartAsync(kind, cloud);

        foreach (var message in messages.Concat(messages).OrderBy(_ => Random.Shared.Next())) await cloud.SendAsync(message, QueueNames.Holds);
        await cloud.DrainedAsync();

        Assert.Empty(await cloud.LetterReasonsAsync());
        Assert.Equal(
            string.Join(',', holds.Except(ended).Select(h => h.Hold.ToString("D")).Order(StringComparer.Ordinal)),
            await cloud.ScalarAsync<string>("select string_agg(hold::text, ',' order by hold::text) from hold where released_at is null and placed_at is not null and from_at < to_at"));
        Assert.Equal(6, await cloud.ScalarAsync<long>("select count(*) from hold"));
        Assert.Equal((messages.Count, 0), Assert.Single(await Watermarks.ReadAsync(cloud.Database, "main", box.Id, Token)) is { Class: EventClass.Evidence } mark ? ((int)mark.Through, mark.Holes.Count) : default);
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Detections_ZoneEventsAndSnapshots_AreKeptOnce_EvenWhenTheyComeDaysLate(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        Instant[] times = [Now, Now - Duration.FromDays(5), Now - Duration.FromDays(20), Now - Duration.FromDays(200)];
        await using var front = await RunningFront.StartAsync(kind, cloud);

        foreach (var queue in new[] { QueueNames.Detections, QueueNames.Snapshots })
        {
            var events = times.SelectMany(at => queue == QueueNames.Snapshots ? [Still(scene, at)] : new[] { Seen(scene, at), Crossed(scene, at) }).ToList();
            var message = box.Seal(events, queue == QueueNames.Snapshots ? EventClass.Bulk : EventClass.Alert);
            for (var i = 0; i < 3; i++) await cloud.SendAsync(message, queue);
        }

        await cloud.DrainedAsync();

        Assert.Empty(await cloud.LetterReasonsAsync());
        // What is older than its table keeps is accepted and gone.
        foreach (var table in new[] { "detection", "zone_event", "snapshot" }) Assert.Equal(3, await cloud.ScalarAsync<long>($"select count(*) from {table}"));
        Assert.Equal("car,person", await cloud.ScalarAsync<string>("select distinct array_to_string(labels, ',') from detection"));
        Assert.Equal(2, (await Watermarks.ReadAsync(cloud.Database, "main", box.Id, Token)).Count);
    }

    /// <summary>JSON with a name that is no text cannot be read at all (RFC 8259, section 8.2): its batch is one letter, and nobody crashes.</summary>
    [Fact]
    public async Task BodyWithANameThatIsNoText_IsOneDeadLetter()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var message = scene.Box.Seal([Seen(scene, Now)], EventClass.Alert, text: t => t.Replace("\"confidence\":0.5", "\"attributes\":{\"\\udc00\":1},\"confidence\":0.5", StringComparison.Ordinal));

        await RunAsync(scene, QueueNames.Detections, message);

        Assert.Equal([DeadLetterReasons.BadBody], await scene.Cloud.LetterReasonsAsync());
    }

    [Theory]
    [InlineData("""{"x":1e200000}""")]
    [InlineData("""{"x":1e-200000}""")]
    [InlineData("""{"x":["\ud800"]}""")]
    [InlineData("""{"x":"a\u0000b"}""")]
    public async Task Attributes_ThatNoStoreHolds_AreOneDeadLetter(string attributes)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var good = Seen(scene, Now);
        var bad = Seen(scene, Now);
        var message = scene.Box.Seal([good, bad], EventClass.Alert, text: t =>
        {
            var at = t.LastIndexOf("\"confidence\":0.5", StringComparison.Ordinal);
            return t[..at] + "\"attributes\":" + attributes + "," + t[at..];
        });

        await RunAsync(scene, QueueNames.Detections, message);

        Assert.Equal([DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(good.Id, await scene.Cloud.ScalarAsync<string>("select event_id from detection"));
    }

    [Fact]
    public async Task Holds_OfAnotherCameraOrWithAnotherId_AreDeadLetters()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var other = await scene.Box.AddCameraAsync(scene.Cloud.Database, "yard");
        var hold = Hold(scene.Camera, Now);
        var swapped = Placed(scene, hold) with { Source = EventSource.OfCamera("main", "depot", other).ToString() };
        var future = Seen(scene, Now + Duration.FromDays(3));

        await RunAsync(scene, QueueNames.Holds, scene.Box.Seal([swapped, Placed(scene, hold) with { Id = "x" }, Ended(scene, hold.Hold, scene.Camera) with { Id = "y" }], EventClass.Evidence));
        await RunAsync(scene, QueueNames.Detections, scene.Box.Seal([future], EventClass.Alert));

        Assert.Equal([DeadLetterReasons.BadData, DeadLetterReasons.BadData, DeadLetterReasons.BadData, DeadLetterReasons.ForeignSource], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(0, await scene.Cloud.ScalarAsync<long>("select count(*) from hold"));
    }

    [Fact]
    public async Task DatabaseOneVersionBehind_CostsNoMessage()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        await scene.Cloud.ScalarAsync<int>("delete from schema_version where version = (select max(version) from schema_version); alter table segment_landing drop column provenance; drop table hold; select 1");

        await RunAsync(scene, QueueNames.Segments, scene.Box.Seal([scene.Box.Event(TestBox.Segment(scene.Camera, Now - Scene.Half, Scene.Half))]));
        await RunAsync(scene, QueueNames.Holds, scene.Box.Seal([Placed(scene, Hold(scene.Camera, Now))], EventClass.Evidence));

        // Both wait for the migration as delayed copies; neither is a crash nor a dead letter.
        foreach (var queue in new[] { QueueNames.Segments, QueueNames.Holds }) Assert.Equal(1, await scene.Cloud.Queues.CountAsync(scene.Cloud.Queue(queue), Token));
        Assert.Empty(await scene.Cloud.LetterReasonsAsync());
    }

    private static HoldAppliedData Hold(Guid camera, Instant from) =>
        new() { Hold = Guid.CreateVersion7(), Camera = camera, From = from, To = from + Duration.FromMinutes(30), Reason = "theft", Owner = "anna", Case = "4711" };

    private static CloudEvent Placed(Scene scene, HoldAppliedData hold) =>
        CloudEvent.Create(EventTypes.HoldApplied, hold.Hold.ToString("D"), Source(scene), Now, hold);

    private static CloudEvent Ended(Scene scene, Guid hold, Guid camera) =>
        CloudEvent.Create(EventTypes.HoldReleased, EventIds.ForHoldEnd(hold), Source(scene), Now, new HoldReleasedData { HoldId = hold, Camera = camera, ReleasedAt = Now, ReleasedBy = "expiry", Reason = HoldEnd.Expired });

    private static CloudEvent Seen(Scene scene, Instant at) => CloudEvent.Create(
        EventTypes.Detection, Guid.CreateVersion7().ToString("D"), Source(scene), at,
        new DetectionData { Camera = scene.Camera, TaskType = "object_detection", Timestamp = at, Detections = [new("person", 0.9, [0.1, 0.1, 0.2, 0.2]), new("car", 0.7), new("person", 0.5)] });

    private static CloudEvent Crossed(Scene scene, Instant at) => CloudEvent.Create(
        EventTypes.Zone, Guid.CreateVersion7().ToString("D"), Source(scene), at,
        new ZoneData { Camera = scene.Camera, Zone = "z1", Name = "Gate", Event = ZoneEvent.CrossAb, Timestamp = at, TrackId = "17", Label = "person", Confidence = 0.9, Severity = Severity.Warning });

    private static CloudEvent Still(Scene scene, Instant at)
    {
        var id = Guid.CreateVersion7();
        return CloudEvent.Create(EventTypes.SnapshotTaken, id.ToString("D"), Source(scene), at, new SnapshotTakenData
        {
            Snapshot = id,
            Camera = scene.Camera,
            TakenAt = at,
            Bytes = 1000,
            Width = 640,
            Height = 360,
            Sha256 = new string('c', 64),
            Reason = SnapshotReason.Schedule,
        });
    }

    private static EventSource Source(Scene scene) => EventSource.OfCamera("main", "depot", scene.Camera);

    /// <summary>A good event of each type; a new type without one fails here.</summary>
    private static CloudEvent Sample(string type, Scene scene, Guid hold) => type switch
    {
        EventTypes.SegmentClosed => scene.Box.Event(TestBox.Segment(scene.Camera, Now - Scene.Half, Scene.Half)),
        EventTypes.SegmentRevised => scene.Box.Event(TestBox.Segment(scene.Camera, Now - Scene.Half, Scene.Half, revision: 2)),
        EventTypes.FootageDeleted => Of(type, scene, new FootageDeletedData { Camera = scene.Camera, From = Now - Duration.FromDays(2), To = Now - Duration.FromDays(1), Reason = "age", Count = 1, Bytes = 1 }),
        EventTypes.Gap => Of(type, scene, new GapData { Gap = hold, Camera = scene.Camera, Revision = 1, Start = Now, Cause = GapCause.Network }, EventIds.ForGap(hold, 1)),
        EventTypes.Detection => Seen(scene, Now),
        EventTypes.Zone => Crossed(scene, Now),
        EventTypes.SnapshotTaken => Still(scene, Now),
        EventTypes.CameraState => Of(type, scene, new CameraStateData { BootSeq = 1, Seq = 1, Camera = scene.Camera, Name = "gate", Condition = CameraCondition.Recording, Since = Now }),
        EventTypes.BoxStatus => scene.Box.BoxEvent(type, Now, new BoxStatusData { BootSeq = 1, Seq = 2, Cameras = [], DiskFreeBytes = 1, DiskTotalBytes = 2, OutboxBacklog = 0 }),
        EventTypes.BoxDescribed => scene.Box.BoxEvent(type, Now, new BoxDescribedData { BootSeq = 1, Seq = 1, Name = "Depot", Version = "1", Cameras = [new(scene.Camera, "gate", "Gate", true)] }),
        EventTypes.HoldApplied => Placed(scene, Hold(scene.Camera, Now) with { Hold = hold }),
        EventTypes.HoldReleased => Ended(scene, hold, scene.Camera),
        _ => throw new ArgumentException($"add a sample of {type}", nameof(type)),
    };

    private static CloudEvent Of<T>(string type, Scene scene, T data, string? id = null) => CloudEvent.Create(type, id ?? Guid.CreateVersion7().ToString("D"), Source(scene), Now, data);

    private static ServiceProvider Services(string database, string storage, string shard) =>
        new ServiceCollection().AddLogging().AddHandlers(new FunctionsOptions(database, storage, shard, null, 0, 1)).BuildServiceProvider();

    private static async Task RunAsync(Scene scene, string queue, Envelope envelope)
    {
        await using var services = Services(scene.Cloud.PipelineDatabase, scene.Cloud.Storage, scene.Cloud.Shard);
        var function = services.GetServices<IQueueFunction>().Single(f => f.Queue == queue);
        await function.RunAsync(new QueueMessage(scene.Cloud.Queue(queue), "m1", 1, envelope.ToBytes()), Token);
    }
}

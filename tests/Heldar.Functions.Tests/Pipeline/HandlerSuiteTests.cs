using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Index;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>What handlers promise, shown through both fronts with the real program, queues and database.</summary>
public sealed class HandlerSuiteTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Now = Scene.Now;
    private static readonly Duration Half = Scene.Half;

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Segments_AreSearchable_OnceEach_HoweverOftenAndInWhateverOrderTheyCome(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        var start = Now - Duration.FromMinutes(20);
        var segments = Enumerable.Range(0, 30).Select(i => TestBox.Segment(camera, start + (Half * i), Half)).ToList();
        var salvaged = segments[7] with { Revision = 2, Reason = "salvaged", Sha256 = new string('a', 64), End = segments[7].End - Duration.FromSeconds(5) };
        var messages = segments.Chunk(5).Select(chunk => box.Seal([.. chunk.Select(box.Event)])).Append(box.Seal([box.Event(salvaged)])).ToList();
        var shuffled = messages.Concat(messages).Concat(messages).OrderBy(_ => Random.Shared.Next()).ToList();

        await using var front = await RunningFront.StartAsync(kind, cloud);
        foreach (var message in shuffled) await cloud.SendAsync(message);
        await cloud.DrainedAsync();

        var page = await cloud.Search.PageAsync(new RecordingQuery("main", start - Half, Now), null, 1000, TestContext.Current.CancellationToken);
        Assert.Equal(segments.Select(s => s.Segment), page.Items.Select(i => i.Segment!.Value));
        Assert.Equal(salvaged.End.ToUnixTimeMilliseconds(), page.Items[7].End.ToUnixTimeMilliseconds());
        var proof = await cloud.Search.ProofAsync("main", camera, segments[7].Start, TestContext.Current.CancellationToken);
        Assert.Equal((2, salvaged.Sha256), (proof!.Revision, proof.Sha256));
        var watermark = Assert.Single(await Watermarks.ReadAsync(cloud.Database, "main", box.Id, TestContext.Current.CancellationToken));
        Assert.Equal((7L, 0), (watermark.Through, watermark.Holes.Count));
        Assert.Empty(await cloud.LetterReasonsAsync());
        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from segment_conflict"));
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Gaps_AreKnownByTheirHighestRevision(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        var open = new GapData { Gap = Guid.CreateVersion7(), Camera = camera, Revision = 1, Start = Now - Half, Cause = GapCause.CameraUnreachable };
        var closed = open with { Revision = 2, End = Now, Detail = "connection refused" };

        await using var front = await RunningFront.StartAsync(kind, cloud);
        foreach (var gap in new[] { closed, open, closed }) await cloud.SendAsync(box.Seal([GapEvent(gap)], EventClass.Alert), QueueNames.Detections);
        await cloud.SendAsync(box.Seal([GapEvent(open with { End = open.Start - Half, Revision = 3 })], EventClass.Alert), QueueNames.Detections);
        await cloud.DrainedAsync();

        Assert.Equal("2|camera_unreachable|30", await cloud.ScalarAsync<string>("select revision || '|' || cause || '|' || extract(epoch from end_at - start_at)::int from gap"));
        Assert.Equal([DeadLetterReasons.BadData], await cloud.LetterReasonsAsync());

        CloudEvent GapEvent(GapData gap) => CloudEvent.Create(EventTypes.Gap, EventIds.ForGap(gap.Gap, gap.Revision), EventSource.OfCamera(box.Tenant, box.Site, gap.Camera), gap.Start, gap);
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task BadEvents_BecomeDeadLetters_AndTheGoodOnesOfTheirBatchAreApplied(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        using var other = new TestBox();
        await other.RegisterAsync(cloud.Database);
        var foreign = await other.AddCameraAsync(cloud.Database, "theirs");
        var good = TestBox.Segment(camera, Now - Duration.FromMinutes(5), Half);
        var bad = box.Event(TestBox.Segment(camera, Now, Half) with { Sha256 = "nonsense" });
        var unknown = box.Event(TestBox.Segment(camera, Now, Half)) with { Type = "heldar.segment.closed.v9" };
        var theirs = box.Event(TestBox.Segment(foreign, Now, Half));

        await using var front = await RunningFront.StartAsync(kind, cloud);
        await cloud.SendAsync(box.Seal([box.Event(good), bad, unknown, theirs]));
        await cloud.DrainedAsync();

        Assert.Equal([DeadLetterReasons.BadData, DeadLetterReasons.ForeignSource, DeadLetterReasons.UnknownType], await cloud.LetterReasonsAsync());
        Assert.Equal(good.Segment, await cloud.ScalarAsync<Guid>("select segment from segment_landing"));
        Assert.Equal(1, Assert.Single(await Watermarks.ReadAsync(cloud.Database, "main", box.Id, TestContext.Current.CancellationToken)).Through);
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task BadMessages_BecomeDeadLetters_EachWithItsReason(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        using var stranger = new TestBox();
        CloudEvent Fresh() => box.Event(TestBox.Segment(camera, Now, Half));
        var longText = new string('x', 40_000);

        await using var front = await RunningFront.StartAsync(kind, cloud);
        await cloud.SendAsync("not json"u8.ToArray());
        await cloud.SendAsync("{\"tenant\":\"main\"}"u8.ToArray());
        await cloud.SendAsync(box.Seal([Fresh()], after: e => e with { Sig = "" }));
        await cloud.SendAsync(box.Seal([Fresh()], after: e => e with { Body = e.Body!.Replace("avc1", "avc9", StringComparison.Ordinal) }));
        await cloud.SendAsync(box.Seal([Fresh()], after: e => e with { BatchSeq = 99 }));
        await cloud.SendAsync(box.Seal([Fresh()], after: e => e with { Box = stranger.Id }));
        await cloud.SendAsync(stranger.Seal([Fresh()]));
        await cloud.SendAsync(box.Seal([Fresh()], after: e => e with { Body = null, BodyUrl = "http://169.254.169.254/latest", BodySha256 = new string('0', 64) }));
        await cloud.SendAsync(box.Seal([Fresh() with { Id = longText[..400] }]));
        await cloud.DrainedAsync();

        string[] expected =
        [
            DeadLetterReasons.BadData, DeadLetterReasons.BadSignature, DeadLetterReasons.BadSignature, DeadLetterReasons.BadStagedBody, DeadLetterReasons.HeaderDiffers,
            DeadLetterReasons.NotAnEnvelope, DeadLetterReasons.NotAnEnvelope, DeadLetterReasons.UnknownKey, DeadLetterReasons.UnknownKey,
        ];
        Assert.Equal(expected, await cloud.LetterReasonsAsync());
        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from segment_landing"));
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Text_ThatIsNotBase64_EndsInTheDeadLetters(string kind)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        await using var front = await RunningFront.StartAsync(kind, cloud);
        await cloud.Queues.SendPoisonAsync(cloud.Queue(QueueNames.Segments), "%%% not base64 %%%", TestContext.Current.CancellationToken);

        // The Functions host moves it to the poison queue, which a timer drains; the worker hands it to the handler, which refuses it.
        await Cloud.UntilAsync("the letter", async () => (await cloud.LetterReasonsAsync()).SequenceEqual([DeadLetterReasons.NotAnEnvelope]), seconds: 60);
        Assert.Equal("%%% not base64 %%%", System.Text.Encoding.UTF8.GetString(await cloud.ScalarAsync<byte[]>("select body from dead_letter")));
        await Cloud.UntilAsync("both queues are empty", async () =>
            await cloud.Queues.CountAsync(cloud.Queue(QueueNames.Segments), CancellationToken.None) + await cloud.Queues.CountAsync(QueueNames.Poison(cloud.Queue(QueueNames.Segments)), CancellationToken.None) == 0);
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task SameRevision_WithAnotherHash_IsAConflict_KeptBesideTheKnownOne(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        var known = TestBox.Segment(camera, Now - Half, Half);

        await using var front = await RunningFront.StartAsync(kind, cloud);
        await cloud.SendAsync(box.Seal([box.Event(known)]));
        await cloud.DrainedAsync();
        await cloud.SendAsync(box.Seal([box.Event(known with { Sha256 = new string('b', 64) })]));
        await cloud.DrainedAsync();

        Assert.Equal(1, await cloud.ScalarAsync<long>("select count(*) from segment_conflict where encode(sha256, 'hex') = @late", new { late = new string('b', 64) }));
        Assert.Equal(known.Sha256, await cloud.ScalarAsync<string>("select encode(sha256, 'hex') from segment_landing"));
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Segment_OfACameraThatIsDescribedLater_IsAppliedThen(string kind)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        using var box = new TestBox();
        await box.RegisterAsync(cloud.Database);
        var camera = Guid.CreateVersion7();

        await using var front = await RunningFront.StartAsync(kind, cloud);
        await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(camera, Now - Half, Half))]));
        await Cloud.UntilAsync("the first attempt", async () => await cloud.ScalarAsync<long>("select count(*) from segment_landing") == 0 && await cloud.Queues.CountAsync(cloud.Queue(QueueNames.Segments), CancellationToken.None) == 1);
        var described = new BoxDescribedData { BootSeq = 1, Seq = 1, Name = "Depot", Version = "0.1", Cameras = [new(camera, "gate", "Gate", true, "avc1.640028", 1920, 1080)] };
        await cloud.SendAsync(box.Seal([box.BoxEvent(EventTypes.BoxDescribed, Now, described)], EventClass.State), QueueNames.Registrations);
        await cloud.DrainedAsync();

        Assert.Equal(1, await cloud.ScalarAsync<long>("select count(*) from segment_landing"));
        Assert.Empty(await cloud.LetterReasonsAsync());
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Segment_OfACameraThatWasRemoved_IsApplied_ThoughTheDescriptionWithoutItCameFirst(string kind)
    {
        await using var cloud = await Cloud.CreateAsync(postgres, azurite);
        using var box = new TestBox();
        await box.RegisterAsync(cloud.Database);
        var (gate, yard) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        await using var front = await RunningFront.StartAsync(kind, cloud);
        await TellAsync(2, "Depot", new CameraDescription(yard, "yard", "Yard", true, null, null, null));
        await cloud.SendAsync(box.Seal([box.Event(TestBox.Segment(gate, Now - Half, Half))]));
        await TellAsync(1, "Old name", new CameraDescription(gate, "gate", "Gate", true, null, null, null), new CameraDescription(yard, "yard", "Old yard", false, null, null, null));
        await cloud.DrainedAsync();

        Assert.Equal(gate, await cloud.ScalarAsync<Guid>("select camera from segment_landing"));
        Assert.Empty(await cloud.LetterReasonsAsync());
        Assert.Equal("Depot: Gate false, Yard true", await cloud.ScalarAsync<string>("select b.name || ': ' || string_agg(c.name || ' ' || c.enabled, ', ' order by c.slug) from box b join camera c on c.box = b.box group by b.name"));

        async Task TellAsync(long seq, string name, params CameraDescription[] cameras)
        {
            var described = new BoxDescribedData { BootSeq = 1, Seq = seq, Name = name, Version = "0.1", Cameras = cameras };
            await cloud.SendAsync(box.Seal([box.BoxEvent(EventTypes.BoxDescribed, Now, described)], EventClass.State), QueueNames.Registrations);
            await Cloud.UntilAsync("the description is worked off", async () => await cloud.Queues.CountAsync(cloud.Queue(QueueNames.Registrations), CancellationToken.None) == 0);
        }
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task States_AreAppliedOnlyWhenNewer_AndOpenFootageIsFound(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        CloudEvent State(long boot, long seq, CameraCondition condition) => CloudEvent.Create(
            EventTypes.CameraState, Guid.CreateVersion7().ToString("D"), EventSource.OfCamera("main", "depot", camera), Now, new CameraStateData { BootSeq = boot, Seq = seq, Camera = camera, Name = "gate", Condition = condition, Since = Now });
        CloudEvent Status(long boot, long seq, int seconds) => box.BoxEvent(EventTypes.BoxStatus, Now, new BoxStatusData
        {
            BootSeq = boot,
            Seq = seq,
            Cameras = [new(camera, CameraCondition.Recording, Now - Half, Now + Duration.FromSeconds(seconds), Guid.CreateVersion7(), Now - Half)],
            DiskFreeBytes = 10,
            DiskTotalBytes = 20,
            OutboxBacklog = seq,
        });

        await using var front = await RunningFront.StartAsync(kind, cloud);
        foreach (var one in new[] { State(2, 5, CameraCondition.Recording), State(2, 4, CameraCondition.Offline), State(1, 9, CameraCondition.Stalled), Status(2, 7, 3), Status(2, 6, 1), Status(1, 99, 9) })
        {
            await cloud.SendAsync(box.Seal([one], EventClass.State), QueueNames.States);
            await cloud.DrainedAsync();
        }

        Assert.Equal("recording", await cloud.ScalarAsync<string>("select condition from camera_state"));
        Assert.Equal(7, await cloud.ScalarAsync<long>("select outbox_backlog from box"));
        var open = Assert.Single((await cloud.Search.PageAsync(new RecordingQuery("main", Now - Half, Now + Half), null, 10, TestContext.Current.CancellationToken)).Items);
        Assert.True(open.Open);
        Assert.Equal((Now + Duration.FromSeconds(3)).ToUnixTimeMilliseconds(), open.End.ToUnixTimeMilliseconds());
    }
}

using System.Net;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Queues;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Queues;
using Heldar.Contracts.Timers;
using Heldar.Fleet.Operation;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Tests.Operation;

/// <summary>What administrators are told of queues, boxes, letters, timers and versions.</summary>
public sealed class OperationTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private const string Away = "AccountName=acct;AccountKey=AAAA;QueueEndpoint=http://127.0.0.1:1/a;BlobEndpoint=http://127.0.0.1:1/a";

    [Fact]
    public async Task Queues_AreCounted_WithTheAgeOfTheirFront()
    {
        await using var fleet = await StartAsync("opq");
        var queues = fleet.Get<QueueStore>();
        using var box = new TestBox();
        var first = Instant.FromUtc(2020, 1, 1, 0, 0);
        var failed = box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), first, Duration.FromSeconds(30)))]) with { Attempt = 3, FirstSeen = first };
        await queues.SendAsync("segments-opq", failed.ToBytes(), TimeSpan.Zero, CancellationToken.None);
        await queues.SendAsync("segments-opq", "junk"u8.ToArray(), TimeSpan.Zero, CancellationToken.None);
        await queues.SendAsync("states-opq", "junk"u8.ToArray(), TimeSpan.Zero, CancellationToken.None);
        await queues.SendAsync("holds-opq", "junk"u8.ToArray(), TimeSpan.FromHours(1), CancellationToken.None);
        await queues.SendPoisonAsync("holds-opq-poison", "anVuaw==", CancellationToken.None);

        var view = await ReadAsync(fleet, await fleet.SignInAsync());

        var shard = view.Pipeline!.Shards[0];
        Assert.Equal(("opq", true, 0L), (shard.Shard, shard.Served, shard.Boxes));
        Assert.Equal(QueueNames.All, shard.Queues.Select(q => q.Queue));
        Assert.Equal(new QueueView("segments") { Messages = 2, Poison = 0, WaitingSince = first, Attempts = 3 }, Of(shard, "segments"));
        Assert.True(Of(shard, "states") is { Messages: 1, WaitingSince: not null, Attempts: null, Fault: null });
        // All that it holds is for later: nothing says how old it is.
        Assert.Equal(new QueueView("holds") { Messages = 1, Poison = 1 }, Of(shard, "holds"));
        Assert.Equal(new QueueView("archive") { Messages = 0, Poison = 0 }, Of(shard, "archive"));
        Assert.Contains(view.Causes, c => c is { Code: "queue_lag", Severity: "bad" } && c.Text.StartsWith("segments-opq: 2 messages", StringComparison.Ordinal));
        Assert.Contains(view.Causes, c => c.Code == "poison" && c.Text.StartsWith("holds-opq-poison", StringComparison.Ordinal));
        Assert.False(view.Healthy);
    }

    [Fact]
    public async Task ShardsThatAreOnlyEmptied_AreShown_UntilTheirQueuesAreEmpty()
    {
        await using var fleet = await StartAsync("opnew");
        var queues = fleet.Get<QueueStore>();
        await queues.CreateAsync("segments-0opold", CancellationToken.None);
        await queues.SendAsync("segments-0opold", "junk"u8.ToArray(), TimeSpan.Zero, CancellationToken.None);

        var view = await ReadAsync(fleet, await fleet.SignInAsync());

        var shard = Assert.Single(view.Pipeline!.Shards, s => s.Shard == "0opold");
        Assert.Equal((false, 1), (shard.Served, Of(shard, "segments").Messages));
        Assert.NotNull(Of(shard, "states").Fault);
        Assert.Contains(view.Causes, c => c.Code == "shard_leaving" && c.Text.Contains("0opold", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StorageThatIsAway_IsSaid_AndTheRestIsAnswered()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { Storage = Away });
        var cookie = await fleet.SignInAsync();
        await fleet.ExecuteAsync("insert into timer_run (timer, last_run) values ('FoldSpans', @at)", new { at = (FleetHost.Start - Duration.FromMinutes(10)).ToDateTimeUtc() });

        var view = await ReadAsync(fleet, cookie);

        Assert.Equal("the storage account does not answer", view.Pipeline!.StorageFault);
        Assert.Empty(Assert.Single(view.Pipeline.Shards).Queues);
        Assert.Equal(TimerTable.In(["0"]).Select(t => t.Name), view.Pipeline.Timers.Select(t => t.Timer));
        Assert.Equal((FleetHost.Start - Duration.FromMinutes(10), 9L), (view.Pipeline.Timers[0].LastRun!.Value, view.Pipeline.Timers[0].Missed));
        Assert.Equal(1, view.Pipeline.Index.Current);
        Assert.Equal(view.Pipeline.Schema.Fleet, view.Pipeline.Schema.Database);
        Assert.Equal(["storage", "timer_late", "timer_never", "timer_never", "timer_never", "timer_never"], view.Causes.Select(c => c.Code));
        foreach (var secret in new[] { "127.0.0.1", "AAAA", "acct" }) Assert.DoesNotContain(view.Causes, c => c.Text.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ShardsWhoseAccountsAnswer_AreSeen_WhileTheCommonOneIsAway()
    {
        var own = new QueueStore(azurite.ConnectionString);
        await own.CreateAsync("segments-opdark", CancellationToken.None);
        await own.SendAsync("segments-opdark", "junk"u8.ToArray(), TimeSpan.Zero, CancellationToken.None);
        var accounts = new Dictionary<string, string>(StringComparer.Ordinal) { ["opdark"] = azurite.ConnectionString };
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { Storage = Away, Shards = ["opnone", "opdark"], ShardStorage = accounts });

        var view = await ReadAsync(fleet, await fleet.SignInAsync());

        Assert.Equal(1, Of(view.Pipeline!.Shards.Single(s => s.Shard == "opdark"), "segments").Messages);
        Assert.All(view.Pipeline.Shards.Single(s => s.Shard == "opnone").Queues, q => Assert.NotNull(q.Fault));
        Assert.Null(view.Pipeline.StorageFault);
        Assert.Contains(view.Causes, c => c.Code == "queue_unseen");
    }

    [Fact]
    public async Task Letters_AreCountedByQueue_AndRunningTimersShowTheirLease()
    {
        await using var fleet = await StartAsync("opl");
        var cookie = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        await FileAsync(fleet, Names.DefaultTenant, "segments-opl", 3);
        await FileAsync(fleet, DeadLetter.NoTenant, "states-opl", 1);
        await FileAsync(fleet, "rival", "segments-opl", 5);
        await fleet.ExecuteAsync("update dead_letter set status = 'redriven' where letter = (select letter from dead_letter where tenant = 'main' limit 1)");
        await fleet.ExecuteAsync("update dead_letter set at = '2026-11-20 12:00Z' where letter = (select letter from dead_letter where tenant = 'main' and status = 'open' limit 1)");
        await fleet.ExecuteAsync("insert into timer_run (timer, last_run, holder, lease_until) values ('FoldSpans', 'epoch', gen_random_uuid(), now() + interval '1 minute'), ('BuildIndex', now(), gen_random_uuid(), now() - interval '1 minute')");

        var view = await ReadAsync(fleet, cookie);

        Assert.Equal((3L, 1L, false, Instant.FromUtc(2026, 11, 20, 12, 0)), (view.Letters.Open, view.Letters.Redriven, view.Letters.AtLeast, view.Letters.OldestAt!.Value));
        Assert.Equal([new("segments-opl", 2), new("states-opl", 1)], view.Letters.Queues);
        Assert.Contains(view.Causes, c => c is { Code: "dead_letters", Text: "3 dead letters are open" });
        Assert.True(view.Pipeline!.Timers.Single(t => t.Timer == "FoldSpans") is { Running: true, LastRun: null, LeaseUntil: not null });
        Assert.True(view.Pipeline.Timers.Single(t => t.Timer == "BuildIndex") is { Running: false, LastRun: not null, LeaseUntil: null });

        var rivals = await ReadAsync(fleet, await fleet.SignInElsewhereAsync("rival"));
        Assert.Null(rivals.Pipeline);
        Assert.Equal((5L, 0L), (rivals.Letters.Open, rivals.Boxes.Total));
        Assert.Equal(["dead_letters"], rivals.Causes.Select(c => c.Code));
    }

    [Fact]
    public async Task ConflictsDisabledWebhooksAndOpenCircuits_AreCauses()
    {
        await using var fleet = await StartAsync("opc");
        var cookie = await fleet.SignInAsync();
        await fleet.ExecuteAsync(
            """
            insert into tenant (tenant, name) values ('rival', 'rival') on conflict do nothing;
            insert into segment_conflict (tenant, camera, segment, revision, sha256, known, box, body, detected_at)
                select t, gen_random_uuid(), gen_random_uuid(), 1, ''::bytea, ''::bytea, gen_random_uuid(), '{}'::jsonb, @now - age
                from (values ('main', interval '1 hour'), ('main', interval '8 days'), ('rival', interval '1 hour')) as v (t, age);
            insert into webhook_endpoint (tenant, endpoint, name, url, secrets, status, disabled_at, disabled_reason) values
                ('main', gen_random_uuid(), 'alarm centre', 'https://a.example/', '', 'disabled', @now, 'it failed for 3 days'),
                ('main', gen_random_uuid(), 'resting', 'https://a.example/', '', 'disabled', @now, 'by anna'),
                ('rival', gen_random_uuid(), 'theirs', 'https://a.example/', '', 'disabled', @now, 'it said 410');
            insert into breaker (instance, shard, since, seen_at, cause) values
                (gen_random_uuid(), 'opc', @now, clock_timestamp(), 'no answer'), (gen_random_uuid(), 'opc', @now, clock_timestamp() - interval '1 hour', 'long ago')
            """,
            new { now = FleetHost.Start.ToDateTimeUtc() });

        var view = await ReadAsync(fleet, cookie);

        Assert.Equal((1L, "alarm centre"), (view.Conflicts, Assert.Single(view.DisabledWebhooks)));
        Assert.Equal(new BreakerView(1, FleetHost.Start, "no answer"), view.Pipeline!.Shards.Single(s => s.Shard == "opc").Breaker);
        foreach (var code in new[] { "conflicts", "webhook_disabled", "breaker_open" }) Assert.Contains(view.Causes, c => c.Code == code);
        var rivals = await ReadAsync(fleet, await fleet.SignInElsewhereAsync("rival"));
        Assert.Equal(["conflicts", "webhook_disabled"], rivals.Causes.Select(c => c.Code));
    }

    [Fact]
    public async Task Boxes_ThatAreFurthestBehind_ComeFirst()
    {
        await using var fleet = await StartAsync("opb");
        var cookie = await fleet.SignInAsync();
        List<FakeBox> boxes = [];
        for (var i = 0; i < 4; i++) boxes.Add(await FakeBox.EnrolledAsync(fleet, i == 3 ? "yard" : "depot"));
        var now = FleetHost.Start;
        await SetAsync(boxes[0], now, null, 0);
        await SetAsync(boxes[1], now, now - Duration.FromMinutes(7), 12);
        await SetAsync(boxes[2], now - Duration.FromHours(1), now - Duration.FromMinutes(61), 3);
        await SetAsync(boxes[3], now - Duration.FromMinutes(2), null, 0);
        // An older epoch with a hole that nobody waits for any more, and the present one: 1 to 3 and 6, so that 4 and 5 are missing.
        await fleet.ExecuteAsync(
            """
            insert into box_batch (tenant, box, class, epoch, received, updated_at) values
                ('main', @box, 3, 'old', '{[50,51)}', '2026-11-20 00:00Z'), ('main', @box, 3, 'new', '{[1,4),[6,7)}', '2026-11-21 04:59Z'), ('main', @box, 2, 'new', '{[1,9)}', '2026-11-21 04:58Z')
            """,
            new { box = boxes[1].Id });

        var first = await PageAsync("limit=3");
        var second = await PageAsync($"limit=3&cursor={first.Cursor}");

        Assert.Equal([boxes[2].Id, boxes[1].Id, boxes[3].Id, boxes[0].Id], first.Items.Concat(second.Items).Select(b => b.Box));
        Assert.Null(second.Cursor);
        Assert.True(first.Items[0] is { Online: false, Backlog: 3 } && first.Items[0].BehindSince == now - Duration.FromMinutes(61));
        Assert.True(first.Items[1] is { Online: true, Backlog: 12, MissingBatches: 2 } && first.Items[1].WaitingSince == now - Duration.FromMinutes(7));
        Assert.Equal(Instant.FromUtc(2026, 11, 21, 4, 59), first.Items[1].AppliedAt);
        Assert.Equal((now - Duration.FromMinutes(2), (Instant?)null), (first.Items[2].BehindSince!.Value, first.Items[2].WaitingSince));
        Assert.True(second.Items[0] is { Online: true, BehindSince: null, AppliedAt: null, MissingBatches: 0 });
        Assert.Equal([boxes[3].Id], (await PageAsync("sites=yard")).Items.Select(b => b.Box));
        Assert.Equal(new BoxNumbers(4, 2, 2), (await ReadAsync(fleet, cookie)).Boxes);
        Assert.Empty((await (await fleet.GetAsync(await fleet.SignInElsewhereAsync("rival"), "/api/v1/operation/boxes")).ReadAsync<BoxLagsPage>()).Items);
        boxes.ForEach(b => b.Dispose());

        async Task<BoxLagsPage> PageAsync(string query) => await (await fleet.GetAsync(cookie, "/api/v1/operation/boxes?" + query)).ReadAsync<BoxLagsPage>();

        Task SetAsync(FakeBox box, Instant seen, Instant? oldest, long backlog) => fleet.ExecuteAsync(
            "update box set last_seen_at = @seen, outbox_oldest_at = @oldest, outbox_backlog = @backlog where box = @Id", new { box.Id, seen = seen.ToDateTimeUtc(), oldest = oldest?.ToDateTimeUtc(), backlog });
    }

    [Theory]
    [InlineData("limit=201", "limit")]
    [InlineData("cursor=1", "cursor")]
    [InlineData("cursor=9999999999999999999.0", "cursor")]
    [InlineData("cursor=0.%00", "cursor")]
    [InlineData("sites=Depot_1", "sites")]
    public async Task Boxes_AreRefused_WhenTheQueryMakesNoSense(string query, string names)
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);

        var refused = await fleet.GetAsync(await fleet.SignInAsync(), "/api/v1/operation/boxes?" + query).RefusedAsync(400, ErrorCodes.BadRequest);

        Assert.Contains(names, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operation_IsForAdministratorsAlone()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var viewer = await fleet.SignInElsewhereAsync(Names.DefaultTenant, "viewer");

        await fleet.GetAsync(viewer, "/api/v1/operation").RefusedAsync(403, ErrorCodes.Forbidden);
        await fleet.GetAsync(viewer, "/api/v1/operation/boxes").RefusedAsync(403, ErrorCodes.Forbidden);
    }

    /// <summary>A replica of one shard, whose queues are there.</summary>
    private async Task<FleetHost> StartAsync(string shard)
    {
        var fleet = await FleetHost.StartAsync(postgres, azurite, o => o with { Shards = [shard] });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await fleet.GetAsync(null, "/readyz")).StatusCode is not HttpStatusCode.OK) await Task.Delay(50, limit.Token);
        return fleet;
    }

    private static QueueView Of(ShardView shard, string queue) => shard.Queues.Single(q => q.Queue == queue);

    private static async Task<OperationView> ReadAsync(FleetHost fleet, string cookie) => await (await fleet.GetAsync(cookie, "/api/v1/operation")).ReadAsync<OperationView>();

    private static async Task FileAsync(FleetHost fleet, string tenant, string queue, int letters)
    {
        await using var batch = fleet.Get<NpgsqlDataSource>().CreateBatch();
        for (var i = 0; i < letters; i++) new DeadLetter(tenant, queue, DeadLetterReasons.BadData, "why", [1]) { EventId = $"e{i}" }.Append(batch);
        await batch.ExecuteNonQueryAsync();
    }
}

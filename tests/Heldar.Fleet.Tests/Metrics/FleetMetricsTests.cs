using System.Globalization;
using System.Net;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Queues;
using Heldar.Fleet.Metrics;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Fleet.Tests.Metrics;

/// <summary>What scrapers are told, judged by promtool and by what was put into queues and database.</summary>
public sealed class FleetMetricsTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private const string Token = "scrape-me-0123456789";

    [Fact]
    public async Task Figures_AreWhatLiesInQueuesAndDatabase_AndPromtoolTakesThem()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite, o => o with { Shards = ["mx"], MetricsToken = Token });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await fleet.GetAsync(null, "/readyz")).StatusCode is not HttpStatusCode.OK) await Task.Delay(50, limit.Token);
        var queues = fleet.Get<QueueStore>();
        using var box = new TestBox();
        var first = FleetHost.Start - Duration.FromHours(1);
        var failed = box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), first, Duration.FromSeconds(30)))]) with { Attempt = 3, FirstSeen = first };
        for (var i = 0; i < 3; i++) await queues.SendAsync("segments-mx", failed.ToBytes(), TimeSpan.Zero, CancellationToken.None);
        await queues.SendPoisonAsync(QueueNames.Poison("holds-mx"), "anVuaw==", CancellationToken.None);
        await FillAsync(fleet);

        var text = await ScrapeAsync(fleet);

        Assert.Equal((3, 3600, 0), (Of(text, "heldar_queue_messages{shard=\"mx\",queue=\"segments\",class=\"segment\"}"), Of(text, "heldar_queue_oldest_seconds{shard=\"mx\",queue=\"segments\",class=\"segment\"}"), Of(text, "heldar_queue_messages{shard=\"mx\",queue=\"fanout\",class=\"any\"}")));
        Assert.Equal(1, Of(text, "heldar_queue_poison{shard=\"mx\",queue=\"holds\",class=\"evidence\"}"));
        Assert.Equal((2, 1), (Of(text, "heldar_boxes{state=\"online\"}"), Of(text, "heldar_boxes{state=\"offline\"}")));
        // Box 1 lacks 3 and 6 to 8 of its newest epoch, box 2 lacks 1; the old epoch's holes are nobody's any more.
        Assert.Equal((2, 5, 4), (Of(text, "heldar_boxes_holed"), Of(text, "heldar_batches_missing"), Of(text, "heldar_batches_missing_most")));
        Assert.Equal((1, 1, 1), (Of(text, "heldar_boxes_by_watermark_age{age=\"under_1m\"}"), Of(text, "heldar_boxes_by_watermark_age{age=\"1m_to_10m\"}"), Of(text, "heldar_boxes_by_watermark_age{age=\"over_1d\"}")));
        // The worst of those that are online: the silent one says nothing.
        Assert.InRange(Of(text, "heldar_boxes_watermark_oldest_seconds"), 299, 400);
        Assert.Equal(90, Of(text, "heldar_boxes_outbox_oldest_seconds"));
        Assert.Equal((2, 1), (Of(text, "heldar_dead_letters_open{reason=\"bad_data\"}"), Of(text, "heldar_dead_letters_open{reason=\"not_an_envelope\"}")));
        Assert.Equal((1, 120), (Of(text, "heldar_deliveries_due"), Of(text, "heldar_deliveries_oldest_seconds")));
        Assert.Equal((5, 2, 1, 2400), (Of(text, "heldar_fold_left{of=\"landed\"}"), Of(text, "heldar_fold_left{of=\"changed\"}"), Of(text, "heldar_fold_left{of=\"failing\"}"), Of(text, "heldar_fold_behind_seconds")));
        Assert.Equal((1d, 1d), (Of(text, "heldar_segment_conflicts"), Of(text, "heldar_webhooks_disabled")));
        Assert.Equal(45, Of(text, "heldar_timer_age_seconds{timer=\"FoldSpans\"}"));
        Assert.Equal((1, 1), (Of(text, "heldar_sample_up{source=\"database\"}"), Of(text, "heldar_sample_up{source=\"storage\"}")));
        await PromtoolAsync(text);
        Assert.Contains("http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"/metrics\"", await ScrapeAsync(fleet), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatDoesNotAnswer_IsLeftOut_AndSaid()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { MetricsToken = Token, Database = "Host=127.0.0.1;Port=1;Database=heldar;Username=heldar", Storage = "AccountName=acct;AccountKey=AAAA;QueueEndpoint=http://127.0.0.1:1/a;BlobEndpoint=http://127.0.0.1:1/a" });

        var text = await ScrapeAsync(fleet);

        Assert.Equal((0, 0), (Of(text, "heldar_sample_up{source=\"database\"}"), Of(text, "heldar_sample_up{source=\"storage\"}")));
        Assert.DoesNotContain("heldar_boxes", text, StringComparison.Ordinal);
        Assert.DoesNotContain("heldar_queue_messages", text, StringComparison.Ordinal);
        await PromtoolAsync(text);
    }

    [Fact]
    public async Task Scrapes_ShareASample()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite, o => o with { Shards = ["my"], MetricsToken = Token });
        await ScrapeAsync(fleet);
        var taken = fleet.Get<FleetSampler>().Newest;

        for (var i = 0; i < 5; i++) await ScrapeAsync(fleet);

        Assert.Same(taken, fleet.Get<FleetSampler>().Newest);
    }

    [Fact]
    public async Task Figures_AreForTheTokenAndForAdministrators()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite, o => o with { Shards = ["mz"], MetricsToken = Token });
        var admin = await fleet.SignInAsync();
        var viewer = await fleet.SignInElsewhereAsync("main", "viewer");

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(fleet, null, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(fleet, null, "Bearer " + Token[..^1]));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(fleet, null, "Basic " + Token));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(fleet, viewer, null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(fleet, admin, null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(fleet, null, "Bearer " + Token));
    }

    [Fact]
    public async Task NoToken_LetsNoTokenIn()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite, o => o with { Shards = ["mw"] });

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(fleet, null, "Bearer "));
    }

    private static async Task FillAsync(FleetHost fleet)
    {
        var now = FleetHost.Start;
        await fleet.ExecuteAsync(
            """
            insert into site (tenant, site, name, time_zone) values ('main', 's', 's', 'UTC') on conflict do nothing;
            insert into fold_state (at, waiting, changed, failing, behind_since) values (@now, 5, 2, 1, @now - interval '40 minutes');
            insert into box (tenant, box, site, name, version, shard, last_seen_at, outbox_oldest_at) values
                ('main', '00000000-0000-7000-8000-000000000001', 's', 'one', '0', 'mx', @now, @now - interval '90 seconds'),
                ('main', '00000000-0000-7000-8000-000000000002', 's', 'two', '0', 'mx', @now, null),
                ('main', '00000000-0000-7000-8000-000000000003', 's', 'three', '0', 'mx', @now - interval '1 day', null);
            insert into box_batch (tenant, box, class, epoch, received, updated_at) values
                ('main', '00000000-0000-7000-8000-000000000001', 3, 'old', '{[7,9)}', clock_timestamp() - interval '9 days'),
                ('main', '00000000-0000-7000-8000-000000000001', 3, 'new', '{[1,3),[4,6),[9,10)}', clock_timestamp()),
                ('main', '00000000-0000-7000-8000-000000000002', 1, 'e', '{[2,5)}', clock_timestamp() - interval '300 seconds'),
                ('main', '00000000-0000-7000-8000-000000000003', 1, 'e', '{[1,5)}', clock_timestamp() - interval '2 days');
            insert into dead_letter (tenant, letter, queue, reason, detail, body, status) values
                ('main', gen_random_uuid(), 'segments-mx', 'bad_data', '', '', 'open'), ('main', gen_random_uuid(), 'segments-mx', 'bad_data', '', '', 'open'),
                ('main', gen_random_uuid(), 'segments-mx', 'bad_data', '', '', 'dropped'), ('-', gen_random_uuid(), 'segments-mx', 'not_an_envelope', '', '', 'open');
            insert into segment_conflict (tenant, camera, segment, revision, sha256, known, box, body, detected_at) values ('main', gen_random_uuid(), gen_random_uuid(), 1, '', '', gen_random_uuid(), '{}', @now);
            insert into webhook_endpoint (tenant, endpoint, name, url, secrets, status, disabled_reason) values ('main', gen_random_uuid(), 'd', 'https://r.example/', '', 'disabled', 'it said 410');
            insert into webhook_endpoint (tenant, endpoint, name, url, secrets) values ('main', '00000000-0000-7000-8000-00000000000e', 'r', 'https://r.example/', '');
            insert into webhook_event (tenant, event, type, at, body, created_at) values ('main', sha256('1'), 't', @now, '', @now), ('main', sha256('2'), 't', @now, '', @now);
            insert into webhook_delivery (tenant, delivery, endpoint, subscription, event, due_at, expires_at, created_at) values
                ('main', 'msg_1', '00000000-0000-7000-8000-00000000000e', gen_random_uuid(), sha256('1'), @now - interval '2 minutes', @now + interval '1 day', @now),
                ('main', 'msg_2', '00000000-0000-7000-8000-00000000000e', gen_random_uuid(), sha256('2'), @now + interval '2 minutes', @now + interval '1 day', @now);
            insert into timer_run (timer, last_run) values ('FoldSpans', @now - interval '45 seconds'), ('BuildIndex', 'epoch')
            """,
            new { now = now.ToDateTimeUtc() });
    }

    private static async Task<string> ScrapeAsync(FleetHost fleet)
    {
        using var response = await fleet.SendAsync(null, HttpMethod.Get, "/metrics", change: r => r.Headers.Add("Authorization", "Bearer " + Token));
        Assert.Equal((HttpStatusCode.OK, "text/plain; version=0.0.4; charset=utf-8"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<HttpStatusCode> StatusAsync(FleetHost fleet, string? cookie, string? authorization)
    {
        using var response = await fleet.SendAsync(cookie, HttpMethod.Get, "/metrics", change: r =>
        {
            if (authorization is not null) r.Headers.TryAddWithoutValidation("Authorization", authorization);
        });
        return response.StatusCode;
    }

    private static async Task PromtoolAsync(string text)
    {
        var (code, said) = await Promtool.CheckAsync(text);
        Assert.True(code == 0, $"promtool says {code}: {said}");
        Assert.Empty(Promtool.Repeated(text));
    }

    private static double Of(string text, string series) =>
        text.Split('\n').FirstOrDefault(l => l.StartsWith(series + " ", StringComparison.Ordinal)) is { } line ? double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture) : double.NaN;
}

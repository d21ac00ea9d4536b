using System.Text;
using System.Text.Json;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Queues;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Audit;
using Heldar.Fleet.DeadLetters;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Tests.DeadLetters;

/// <summary>Letters are found, looked into, mended, sent again and dropped; each deed is in the audit, and a tenant sees only its own.</summary>
public sealed class LetterTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Base = Instant.FromUtc(2026, 11, 21, 4, 0);

    [Fact]
    public async Task Letters_AreFilteredAndPaged()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        using var other = await FakeBox.EnrolledAsync(fleet, "yard");
        List<Guid> letters = [];
        for (var i = 0; i < 5; i++) letters.Add(await FileAsync(fleet, box, Event(box, $"e{i}"), i));
        var yards = await FileAsync(fleet, other, Event(other, "y"), 10, DeadLetterReasons.UnknownCamera);
        var unproven = await FileAsync(fleet, null, "junk"u8.ToArray(), 11, DeadLetterReasons.NotAnEnvelope);
        letters.Reverse();

        var first = await PageAsync(fleet, cookie, "limit=4");
        var second = await PageAsync(fleet, cookie, $"limit=4&cursor={first.Cursor}");
        Assert.Equal([unproven, yards, .. letters], first.Items.Concat(second.Items).Select(i => i.Letter));
        Assert.Null(second.Cursor);
        Assert.Equal([yards], Ids(await PageAsync(fleet, cookie, "sites=yard")));
        Assert.Equal([yards], Ids(await PageAsync(fleet, cookie, $"boxes={other.Id:D}")));
        Assert.Equal([yards], Ids(await PageAsync(fleet, cookie, "reasons=unknown_camera")));
        Assert.Equal(letters, Ids(await PageAsync(fleet, cookie, $"types={EventTypes.SegmentClosed}&reasons=bad_data")));
        Assert.Equal([letters[1], letters[2]], Ids(await PageAsync(fleet, cookie, "from=2026-11-21T04:02:00Z&to=2026-11-21T04:04:00Z")));
        Assert.Empty((await PageAsync(fleet, cookie, "status=dropped")).Items);
        Assert.Empty((await PageAsync(fleet, await fleet.SignInElsewhereAsync("rival"), "status=all")).Items);
    }

    [Theory]
    [InlineData("status=perhaps", "status")]
    [InlineData("limit=0", "limit")]
    [InlineData("cursor=AAAA", "cursor")]
    [InlineData("reasons=%00", "reasons")]
    [InlineData("from=then", "from")]
    public async Task List_IsRefused_WhenTheQueryMakesNoSense(string query, string names)
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);

        var refused = await fleet.GetAsync(await fleet.SignInAsync(), "/api/v1/dead-letters?" + query).RefusedAsync(400, ErrorCodes.BadRequest);

        Assert.Contains(names, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Viewers_AndOtherTenants_ReachNoLetter()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);
        var letter = await FileAsync(fleet, box, Event(box, "e"), 0);
        var viewer = await fleet.SignInElsewhereAsync(Names.DefaultTenant, "viewer");
        var rival = await fleet.SignInElsewhereAsync("rival");
        var one = new LettersRequest([letter]);

        foreach (var path in new[] { "", $"/{letter:D}" }) await fleet.GetAsync(viewer, "/api/v1/dead-letters" + path).RefusedAsync(403, ErrorCodes.Forbidden);
        foreach (var path in new[] { "/redrive", "/drop" }) await fleet.SendAsync(viewer, HttpMethod.Post, "/api/v1/dead-letters" + path, one).RefusedAsync(403, ErrorCodes.Forbidden);
        await fleet.SendAsync(viewer, HttpMethod.Put, $"/api/v1/dead-letters/{letter:D}/mend", new MendRequest()).RefusedAsync(403, ErrorCodes.Forbidden);
        await fleet.GetAsync(rival, $"/api/v1/dead-letters/{letter:D}").RefusedAsync(404, ErrorCodes.NotFound);
        await fleet.SendAsync(rival, HttpMethod.Put, $"/api/v1/dead-letters/{letter:D}/mend", new MendRequest()).RefusedAsync(404, ErrorCodes.NotFound);
        foreach (var path in new[] { "/redrive", "/drop" })
            Assert.Equal([letter], (await (await fleet.SendAsync(rival, HttpMethod.Post, "/api/v1/dead-letters" + path, one)).ReadAsync<LettersAnswer>()).Refused.Select(r => r.Letter));
        Assert.Equal("open", await fleet.ScalarAsync<string>("select status from dead_letter"));
    }

    [Fact]
    public async Task MendedLetter_IsSentAgain_SignedByTheCloud_AndWrittenDown()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        var original = Event(box, "e");
        var letter = await FileAsync(fleet, box, original, 0, queue: "segments-mend");
        var queues = fleet.Get<QueueStore>();
        await queues.CreateAsync("mended-mend", CancellationToken.None);
        var text = Encoding.UTF8.GetString(original).Replace("\"bytes\":-1", "\"bytes\":7", StringComparison.Ordinal);

        var view = await (await fleet.SendAsync(cookie, HttpMethod.Put, $"/api/v1/dead-letters/{letter:D}/mend", new MendRequest(text))).ReadAsync<LetterView>();
        Assert.Equal([new JsonChange("data.bytes", "-1", "7")], view.Changes);
        Assert.Equal(("anna", true), (view.Letter.MendedBy, view.Letter.Mended));
        var answer = await (await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/dead-letters/redrive", new LettersRequest([letter, Guid.Empty]))).ReadAsync<LettersAnswer>();
        Assert.Equal([letter], answer.Done);
        Assert.Equal(LetterDesk.NotThere, Assert.Single(answer.Refused).Error);

        var message = Assert.Single(await queues.ReceiveAsync("mended-mend", 32, TimeSpan.FromMinutes(1), CancellationToken.None));
        var envelope = Envelope.Parse(Convert.FromBase64String(message.Text));
        var order = await new MendedVerifier(fleet.Get<NpgsqlDataSource>()).VerifyAsync(envelope, CancellationToken.None);
        Assert.Equal((letter, 1L, "anna", Sha256(Encoding.UTF8.GetBytes(text))), (order.Letter, order.Round, order.MendedBy, order.Sha256));
        var again = await RedrivenLetter.FindAsync(fleet.Get<NpgsqlDataSource>(), Names.DefaultTenant, letter, CancellationToken.None);
        Assert.Equal(text, Encoding.UTF8.GetString(again!.Body));
        Assert.Equal(
            $"{Sha256(original)} {order.Sha256}",
            await fleet.ScalarAsync<string>("select detail::jsonb ->> 'originalSha256' || ' ' || (detail::jsonb ->> 'mendedSha256') from audit where action = 'letter_redriven' and actor = 'anna' and subject = @subject", new { subject = letter.ToString("D") }));
        Assert.Null(await fleet.Get<AuditTrail>().FirstBrokenAsync(Names.DefaultTenant, CancellationToken.None));
    }

    [Fact]
    public async Task CloudKey_IsOne_HoweverManyReplicasSignFirst()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        await using var replica = await fleet.StartReplicaAsync();
        var body = "x"u8.ToArray();

        var signed = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? fleet : replica).Get<Keys.CloudKey>().SignAsync(body, CancellationToken.None)));

        Assert.Single(signed.Select(s => s.KeyId).Distinct());
        Assert.Equal(1, await fleet.ScalarAsync<long>("select count(*) from cloud_key"));
        using var key = BoxKeys.Import((await fleet.ScalarAsync<byte[]>("select public_key from cloud_key"))!);
        Assert.All(signed, s => Assert.True(BoxKeys.Verify(key, body, s.Signature)));
    }

    [Fact]
    public async Task DroppedLetter_StaysDropped_AndIsWrittenDown()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        var letter = await FileAsync(fleet, box, Event(box, "e"), 0);
        var one = new LettersRequest([letter]);

        Assert.Equal([letter], (await (await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/dead-letters/drop", one)).ReadAsync<LettersAnswer>()).Done);

        foreach (var path in new[] { "/drop", "/redrive" })
            Assert.Contains("dropped", Assert.Single((await (await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/dead-letters" + path, one)).ReadAsync<LettersAnswer>()).Refused).Error, StringComparison.Ordinal);
        await fleet.SendAsync(cookie, HttpMethod.Put, $"/api/v1/dead-letters/{letter:D}/mend", new MendRequest(Encoding.UTF8.GetString(Event(box, "e")))).RefusedAsync(409, ErrorCodes.Conflict);
        Assert.Equal("dropped anna", await fleet.ScalarAsync<string>("select status || ' ' || changed_by from dead_letter"));
        Assert.Equal(1, await fleet.ScalarAsync<long>("select count(*) from audit where action = 'letter_dropped'"));
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"type":"heldar.segment.closed.v1"}""", 400)]
    [InlineData("""{"specversion":"1.0","id":"e","source":"s","type":"heldar.nothing.v1","time":"2026-11-21T04:00:00Z","data":{}}""", 400)]
    public async Task Mending_IsRefused_WhenItIsNoEvent(string text, int status)
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        var letter = await FileAsync(fleet, box, Event(box, "e"), 0);

        await fleet.SendAsync(cookie, HttpMethod.Put, $"/api/v1/dead-letters/{letter:D}/mend", new MendRequest(text)).RefusedAsync(status, ErrorCodes.BadRequest);
    }

    [Fact]
    public async Task WholeMessages_AreShownOpened_AndNotMended()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        using var box = new TestBox();
        var envelope = box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), Base, Duration.FromSeconds(30)))]).ToBytes();
        var letter = await FileAsync(fleet, null, envelope, 0, DeadLetterReasons.UnknownKey);

        var view = await (await fleet.GetAsync(cookie, $"/api/v1/dead-letters/{letter:D}")).ReadAsync<LetterView>();

        Assert.Equal(("envelope", false, false), (view.Form, view.Letter.IsEvent, view.Letter.Proven));
        using var shown = JsonDocument.Parse(view.Original);
        Assert.Equal(EventTypes.SegmentClosed, shown.RootElement.GetProperty("body").GetProperty("events")[0].GetProperty("type").GetString());
        await fleet.SendAsync(cookie, HttpMethod.Put, $"/api/v1/dead-letters/{letter:D}/mend", new MendRequest(Encoding.UTF8.GetString(Event(null, "e")))).RefusedAsync(409, ErrorCodes.Conflict);
    }

    private static byte[] Event(FakeBox? box, string id) => JsonSerializer.SerializeToUtf8Bytes(
        CloudEvent.Create(EventTypes.SegmentClosed, id, EventSource.OfBox(Names.DefaultTenant, "depot", box?.Id ?? Guid.Empty), Base, new { bytes = -1, codec = "avc1" }), HeldarJson.Options);

    private static async Task<Guid> FileAsync(FleetHost fleet, FakeBox? box, byte[] body, int minute, string reason = DeadLetterReasons.BadData, string queue = "segments-0")
    {
        await using (var batch = fleet.Get<NpgsqlDataSource>().CreateBatch())
        {
            new DeadLetter(box is null ? DeadLetter.NoTenant : Names.DefaultTenant, queue, reason, "why", body) { Box = box?.Id, EventId = Sha256(body), EventType = box is null ? null : EventTypes.SegmentClosed }.Append(batch);
            await batch.ExecuteNonQueryAsync();
        }

        return await fleet.ScalarAsync<Guid>("update dead_letter set at = @at where event_id = @id returning letter", new { at = (Base + Duration.FromMinutes(minute)).ToDateTimeUtc(), id = Sha256(body) });
    }

    private static string Sha256(byte[] body) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body));

    private static async Task<LettersPage> PageAsync(FleetHost fleet, string cookie, string query) => await (await fleet.GetAsync(cookie, "/api/v1/dead-letters?" + query)).ReadAsync<LettersPage>();

    private static IEnumerable<Guid> Ids(LettersPage page) => page.Items.Select(i => i.Letter);
}

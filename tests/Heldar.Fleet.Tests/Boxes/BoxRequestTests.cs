using System.Net;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Fleet.Tests.Boxes;

public sealed class BoxRequestTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly HeartbeatRequest Beat = new("0.2.0", 3, 17, FleetHost.Start);

    [Fact]
    public async Task Heartbeat_IsAccepted_AndMayComeTwice()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);

        for (int i = 0; i < 2; i++)
        {
            using var response = await box.PostAsync(Path(box, "heartbeat"), Beat, at: FleetHost.Start);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(FleetHost.Start, (await response.ReadAsync<HeartbeatResponse>()).ServerTime);
        }

        Assert.Equal(17, await fleet.ScalarAsync<long>("select outbox_backlog from box where box = @Id", new { box.Id }));
    }

    [Fact]
    public async Task Heartbeat_TellsTheAgeOfItsBacklog_ByTheBoxsClockAlone()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);
        var wrong = FleetHost.Start - Duration.FromDays(30);

        await BeatAsync(Beat with { BoxTime = wrong, OldestWaitingAt = wrong - Duration.FromMinutes(10) });
        Assert.Equal(FleetHost.Start - Duration.FromMinutes(10), await OldestAsync());
        await BeatAsync(Beat with { OldestWaitingAt = FleetHost.Start + Duration.FromDays(1) });
        Assert.Equal(FleetHost.Start, await OldestAsync());
        await BeatAsync(Beat with { BoxTime = Instant.FromUtc(9000, 1, 1, 0, 0), OldestWaitingAt = NodaConstants.UnixEpoch });
        Assert.Equal(FleetHost.Start - Duration.FromDays(3650), await OldestAsync());
        await BeatAsync(Beat);
        Assert.Null(await OldestAsync());
        await box.PostAsync(Path(box, "heartbeat"), Beat with { OldestWaitingAt = Instant.FromUtc(1, 1, 1, 0, 0) }).RefusedAsync(400, ErrorCodes.BadRequest);

        async Task BeatAsync(HeartbeatRequest beat) => Assert.Equal(HttpStatusCode.OK, (await box.PostAsync(Path(box, "heartbeat"), beat)).StatusCode);
        async Task<Instant?> OldestAsync() => await fleet.ScalarAsync<DateTime?>("select outbox_oldest_at from box where box = @Id", new { box.Id }) is { } at ? Instant.FromDateTimeUtc(at) : null;
    }

    [Theory]
    [InlineData(-301)]
    [InlineData(301)]
    public async Task Request_IsRefusedWithTheServersTime_WhenTheClockIsOff(int seconds)
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);

        using var response = await box.PostAsync(Path(box, "sas"), at: FleetHost.Start + Duration.FromSeconds(seconds));
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        using var inside = await box.PostAsync(Path(box, "sas"), at: FleetHost.Start + Duration.FromSeconds(Math.Sign(seconds) * 299));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(ErrorCodes.ClockSkew, body.RootElement.GetProperty("code").GetString());
        Assert.Equal(InstantText.Format(FleetHost.Start), body.RootElement.GetProperty("serverTime").GetString());
        Assert.Equal(HttpStatusCode.OK, inside.StatusCode);
    }

    [Fact]
    public async Task Request_IsRefused_WhenItsTimeIsBeyondTheCalendar()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);

        foreach (string time in new[] { "9999-12-31T23:59:59-18:00", "-9998-01-01T00:00:00Z" })
            await Refused(box.PostAsync(Path(box, "sas"), change: r => Replace(r, BoxRequestSignature.TimeHeader, time)));
    }

    [Fact]
    public async Task Heartbeat_IsRefused_WhenItsVersionHoldsControlCharacters()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);

        await box.PostAsync(Path(box, "heartbeat"), Beat with { Version = "1.0\0" }).RefusedAsync(400, ErrorCodes.BadRequest);
    }

    [Fact]
    public async Task Request_IsRefused_WhenAnythingSignedWasChanged()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);
        using var stranger = new FakeBox(fleet);

        await Refused(box.PostAsync(Path(box, "heartbeat"), Beat, sent: JsonSerializer.SerializeToUtf8Bytes(Beat with { OutboxBacklog = 0 }, HeldarJson.Options)));
        await Refused(box.PostAsync(Path(box, "sas"), change: r => r.RequestUri = new Uri(fleet.Url, Path(box, "sas") + "?x=1")));
        await Refused(box.PostAsync(Path(box, "sas"), change: r => Replace(r, BoxRequestSignature.TimeHeader, InstantText.Format(FleetHost.Start + Duration.FromSeconds(1)))));
        await Refused(box.PostAsync(Path(box, "sas"), change: r => Replace(r, BoxRequestSignature.KeyHeader, BoxKeys.KeyId(stranger.PublicKey))));
        await Refused(box.PostAsync(Path(box, "sas"), change: r => Replace(r, BoxRequestSignature.BoxHeader, Guid.NewGuid().ToString("D"))));
        await Refused(box.PostAsync(Path(box, "sas"), change: r => Replace(r, BoxRequestSignature.SignatureHeader, new string('A', 4000))));
        await Refused(box.PostAsync(Path(box, "sas"), change: r => r.Headers.Remove(BoxRequestSignature.SignatureHeader)));
    }

    [Fact]
    public async Task Request_IsRefused_ForAnotherBox()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);
        using var other = await FakeBox.EnrolledAsync(fleet);

        await box.PostAsync(Path(other, "sas")).RefusedAsync(403, ErrorCodes.Forbidden);
    }

    [Fact]
    public async Task Request_IsRefused_WhenTheKeyWasRevoked()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);
        await fleet.ExecuteAsync("update box_key set revoked_at = now() where box = @Id", new { box.Id });

        await Refused(box.PostAsync(Path(box, "sas")));
    }

    [Fact]
    public async Task Body_IsRefused_WhenTooLargeTooDeepOrWrong()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);

        await box.PostAsync(Path(box, "heartbeat"), new { version = new string('x', 70_000) }).RefusedAsync(413, ErrorCodes.TooLarge);
        await box.PostAsync(Path(box, "heartbeat"), Encoding.UTF8.GetBytes("{\"version\":" + new string('[', 20) + new string(']', 20) + "}")).RefusedAsync(400, ErrorCodes.BadRequest);
        await box.PostAsync(Path(box, "heartbeat"), Beat with { OutboxBacklog = -1 }).RefusedAsync(400, ErrorCodes.BadRequest);
        await box.PostAsync(Path(box, "heartbeat")).RefusedAsync(400, ErrorCodes.BadRequest);
    }

    [Fact]
    public async Task Sas_AddsToQueuesAndCreatesStagingBlobs_AndDoesNothingElse()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        await fleet.Get<Heldar.Fleet.Shards.ShardProvisioner>().CreateAsync(CancellationToken.None);
        fleet.Clock.Advance(NodaTime.SystemClock.Instance.GetCurrentInstant() - FleetHost.Start);
        using var box = await FakeBox.EnrolledAsync(fleet);
        using var response = await box.PostAsync(Path(box, "sas"));
        var grant = await response.ReadAsync<SasGrant>();

        Assert.Equal(fleet.Clock.GetCurrentInstant() + Duration.FromMinutes(60), grant.ExpiresAt);
        Assert.Equal(Heldar.Contracts.Queues.QueueNames.FromBoxes.Order(), grant.Queues.Keys.Order());
        Assert.Contains($"se={Uri.EscapeDataString(grant.ExpiresAt.ToString("uuuu-MM-dd'T'HH:mm:ss'Z'", null))}", grant.Queues["segments"], StringComparison.OrdinalIgnoreCase);
        foreach (string queue in grant.Queues.Values)
        {
            var messages = Below(queue, "messages");
            using var put = await fleet.Client.PostAsync(messages + "&messagettl=-1", new StringContent("<QueueMessage><MessageText>aGk=</MessageText></QueueMessage>"));
            using var get = await fleet.Client.GetAsync(messages);
            using var clear = await fleet.Client.DeleteAsync(messages);
            Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (put.StatusCode, get.StatusCode, clear.StatusCode));
        }

        var blob = Below(grant.Staging, new string('a', 64));
        using var first = await PutBlobAsync(fleet, blob);
        using var over = await PutBlobAsync(fleet, blob);
        using var read = await fleet.Client.GetAsync(blob);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.False(over.IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, read.StatusCode);
    }

    private static string Path(FakeBox box, string call) => $"/api/v1/boxes/{box.Id:D}/{call}";

    private static Task<ErrorBody> Refused(Task<HttpResponseMessage> sending) => sending.RefusedAsync(401, ErrorCodes.Unauthenticated);

    private static void Replace(HttpRequestMessage request, string header, string value)
    {
        request.Headers.Remove(header);
        request.Headers.TryAddWithoutValidation(header, value);
    }

    private static string Below(string url, string name) => url.Replace("?", $"/{name}?", StringComparison.Ordinal);

    private static async Task<HttpResponseMessage> PutBlobAsync(FleetHost fleet, string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent([1, 2, 3]) };
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        request.Headers.Add("If-None-Match", "*");
        return await fleet.Client.SendAsync(request);
    }
}

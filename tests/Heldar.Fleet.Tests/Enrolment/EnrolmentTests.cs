using System.Net;
using System.Security.Cryptography;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Enrolment;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Fleet.Tests.Enrolment;

public sealed class EnrolmentTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task Enrol_GivesBoxSiteAndAccess_WhenTheTokenIsFresh()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);

        using var box = await FakeBox.EnrolledAsync(fleet, "depot");

        Assert.Equal(("main", "depot", "Europe/Berlin"), (box.Enrolled!.Tenant, box.Enrolled.Site, box.Enrolled.SiteTimeZone));
        Assert.Equal(FleetHost.Start + Duration.FromMinutes(60), box.Enrolled.Access.ExpiresAt);
        Assert.NotEmpty(box.Enrolled.Access.Queues);
        Assert.Equal(0, await fleet.ScalarAsync<long>("select count(*) from enrolment_token where used_key is null"));
    }

    [Fact]
    public async Task Enrol_GivesTheSameBox_WhenKeyAndTokenComeAgain()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = new FakeBox(fleet);
        string token = await FakeBox.TokenAsync(fleet);

        var first = await (await box.EnrolAsync(token)).ReadAsync<EnrolResponse>();
        fleet.Clock.Advance(Duration.FromHours(1));
        var second = await (await box.EnrolAsync(token)).ReadAsync<EnrolResponse>();

        Assert.Equal(first.Box, second.Box);
        Assert.Equal(1, await fleet.ScalarAsync<long>("select count(*) from box"));
    }

    [Fact]
    public async Task Enrol_MakesOneBox_WhenTheSameRequestComesTwiceAtOnce()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = new FakeBox(fleet);
        string token = await FakeBox.TokenAsync(fleet);
        var request = box.Request(token);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => await (await fleet.SendAsync(null, HttpMethod.Post, "/enrol", request)).ReadAsync<EnrolResponse>()));

        Assert.Single(answers.Select(a => a.Box).Distinct());
    }

    [Fact]
    public async Task Enrol_IsRefused_WhenTheTokenHasExpired()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        using var box = new FakeBox(fleet);
        string token = await FakeBox.TokenAsync(fleet, minutes: 15);
        fleet.Clock.Advance(Duration.FromMinutes(15));

        await box.EnrolAsync(token).RefusedAsync(401, ErrorCodes.TokenExpired);
    }

    [Fact]
    public async Task Enrol_IsRefused_WhenAnotherKeyUsedTheToken()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = new FakeBox(fleet);
        using var thief = new FakeBox(fleet);
        string token = await FakeBox.TokenAsync(fleet);
        (await box.EnrolAsync(token)).EnsureSuccessStatusCode();

        await thief.EnrolAsync(token).RefusedAsync(409, ErrorCodes.Conflict);
    }

    [Fact]
    public async Task Enrol_IsRefused_WhenTheProofIsNotByTheKey()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        using var box = new FakeBox(fleet);
        using var other = new FakeBox(fleet);
        string token = await FakeBox.TokenAsync(fleet);

        foreach (string proof in new[] { other.Request(token).Proof, box.Request(token + "x").Proof, "", "!!", new string('A', 88) })
            await fleet.SendAsync(null, HttpMethod.Post, "/enrol", box.Request(token) with { Proof = proof }).RefusedAsync(401, ErrorCodes.Unauthenticated);
        Assert.Equal(0, await fleet.ScalarAsync<long>("select count(*) from box"));
    }

    [Fact]
    public async Task Enrol_IsRefused_WhenTheKeyIsOnAnotherCurve()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        using var box = new FakeBox(fleet);
        using var wrong = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        string token = await FakeBox.TokenAsync(fleet);

        foreach (byte[] key in new[] { wrong.ExportSubjectPublicKeyInfo(), rsa.ExportSubjectPublicKeyInfo(), [1, 2, 3], [.. box.PublicKey, 0] })
        {
            var refused = await fleet.SendAsync(null, HttpMethod.Post, "/enrol", box.Request(token) with { PublicKey = Convert.ToBase64String(key) }).RefusedAsync(400, ErrorCodes.BadRequest);
            Assert.Contains("P-256", refused.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("main.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task Enrol_IsRefused_WhenTheTokenIsUnknown(string token)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        using var box = new FakeBox(fleet);

        await box.EnrolAsync(token).RefusedAsync(401, ErrorCodes.Unauthenticated);
    }

    [Fact]
    public async Task Enrol_KeepsTheBox_WhenItsKeyComesWithANewToken()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet, "depot");

        var again = await (await box.EnrolAsync(await FakeBox.TokenAsync(fleet, "depot"))).ReadAsync<EnrolResponse>();
        await box.EnrolAsync(await FakeBox.TokenAsync(fleet, "yard")).RefusedAsync(409, ErrorCodes.Conflict);

        Assert.Equal(box.Id, again.Box);
    }

    [Fact]
    public async Task Enrol_IsRefused_WhenTheKeyWasRevoked_WithTheOldTokenAndWithANewOne()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = new FakeBox(fleet);
        string token = await FakeBox.TokenAsync(fleet);
        (await box.EnrolAsync(token)).EnsureSuccessStatusCode();
        await fleet.ExecuteAsync("update box_key set revoked_at = now()");

        await box.EnrolAsync(token).RefusedAsync(403, ErrorCodes.Forbidden);
        await box.EnrolAsync(await FakeBox.TokenAsync(fleet)).RefusedAsync(403, ErrorCodes.Forbidden);

        Assert.Equal(1, await fleet.ScalarAsync<long>("select count(*) from box"));
    }

    [Fact]
    public async Task Enrol_Is503_WhenTheStorageAccountIsAway_AndCanBeAskedAgain()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { Storage = $"AccountName=a;AccountKey=AAAA;QueueEndpoint=http://127.0.0.1:1/a;BlobEndpoint=http://127.0.0.1:1/a" });
        using var box = new FakeBox(fleet);
        string token = await FakeBox.TokenAsync(fleet);

        for (int i = 0; i < 2; i++) await box.EnrolAsync(token).RefusedAsync(503, ErrorCodes.Unavailable);

        Assert.Equal(1, await fleet.ScalarAsync<long>("select count(*) from box"));
    }

    [Fact]
    public async Task Boxes_SpreadOverShards_FewestFirst()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite, o => o with { Shards = ["0", "1", "b"] });
        List<string> shards = [];
        for (int i = 0; i < 6; i++)
        {
            using var box = await FakeBox.EnrolledAsync(fleet);
            shards.Add(box.Enrolled!.Access.Shard);
        }

        Assert.Equal(["0", "1", "b", "0", "1", "b"], shards);
    }

    [Fact]
    public async Task Token_IsMadeByAnAdmin_AndOnlyForASite()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        string cookie = await fleet.SignInAsync();
        (await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/sites", new { site = "yard", name = "Yard", timeZone = "Europe/Berlin" })).EnsureSuccessStatusCode();

        var token = await (await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/enrolment-tokens", new { site = "yard", minutes = 30 })).ReadAsync<TokenAnswer>();
        await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/enrolment-tokens", new { site = "nowhere" }).RefusedAsync(404, ErrorCodes.NotFound);
        await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/enrolment-tokens", new { site = "yard", minutes = 0 }).RefusedAsync(400, ErrorCodes.BadRequest);
        await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/enrolment-tokens", new { site = "yard", minutes = 1441 }).RefusedAsync(400, ErrorCodes.BadRequest);
        using var box = new FakeBox(fleet);
        using var enrolled = await box.EnrolAsync(token.Token);

        Assert.Equal(FleetHost.Start + Duration.FromMinutes(30), token.ExpiresAt);
        Assert.Equal(HttpStatusCode.OK, enrolled.StatusCode);
        Assert.Null(await fleet.Get<Heldar.Fleet.Audit.AuditTrail>().FirstBrokenAsync(Names.DefaultTenant, CancellationToken.None));
        Assert.Equal(1, await fleet.ScalarAsync<long>("select count(*) from audit where action = 'box_enrolled' and detail like '%' || @key || '%'", new { key = BoxKeys.KeyId(box.PublicKey) }));
    }
}

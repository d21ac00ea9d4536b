using System.Net;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Fleet.Tests.Access;

public sealed class SignInTests(PostgresFixture postgres)
{
    private const string Password = "correct horse battery";

    [Fact]
    public async Task Setup_MakesTheFirstAccount_OnceOnly()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string code = (await fleet.Get<People>().CreateSetupCodeAsync(Names.DefaultTenant, CancellationToken.None))!;
        Assert.True((await (await fleet.GetAsync(null, "/api/v1/auth/state")).ReadAsync<AuthState>()).SetupNeeded);

        using var made = await Setup(fleet, code.ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal), "Anna");
        var again = await Setup(fleet, code, "Ben").RefusedAsync(401, ErrorCodes.Unauthenticated);

        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        Assert.Contains("setup-code", again.Error, StringComparison.Ordinal);
        using var me = await fleet.GetAsync(FleetHost.CookieOf(made), "/api/v1/auth/me");
        var person = await me.ReadAsync<PersonView>();
        Assert.Equal(("Anna", Role.Admin), (person.Name, person.Role));
        Assert.False((await (await fleet.GetAsync(null, "/api/v1/auth/state")).ReadAsync<AuthState>()).SetupNeeded);
        Assert.Null(await fleet.Get<People>().CreateSetupCodeAsync(Names.DefaultTenant, CancellationToken.None));
    }

    [Fact]
    public async Task Setup_LetsOneIn_WhenTwoUseTheCodeAtOnce()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string code = (await fleet.Get<People>().CreateSetupCodeAsync(Names.DefaultTenant, CancellationToken.None))!;

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Setup(fleet, code, $"person {i}")));

        Assert.Single(answers, a => a.IsSuccessStatusCode);
        Assert.Equal(1, await fleet.ScalarAsync<long>("select count(*) from person"));
    }

    [Theory]
    [InlineData("0000-0000-0000")]
    [InlineData("")]
    [InlineData("'; drop table person; --")]
    public async Task Setup_IsRefused_WhenTheCodeIsWrong(string code)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        await fleet.Get<People>().CreateSetupCodeAsync(Names.DefaultTenant, CancellationToken.None);

        await Setup(fleet, code, "Anna").RefusedAsync(401, ErrorCodes.Unauthenticated);
    }

    [Fact]
    public async Task Setup_IsRefused_WhenTheCodeIsOldOrReplaced()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string replaced = (await fleet.Get<People>().CreateSetupCodeAsync(Names.DefaultTenant, CancellationToken.None))!;
        string code = (await fleet.Get<People>().CreateSetupCodeAsync(Names.DefaultTenant, CancellationToken.None))!;

        await Setup(fleet, replaced, "Anna").RefusedAsync(401, ErrorCodes.Unauthenticated);
        fleet.Clock.Advance(Duration.FromHours(25));
        await Setup(fleet, code, "Anna").RefusedAsync(401, ErrorCodes.Unauthenticated);
    }

    [Fact]
    public async Task Cookie_IsHttpOnlyAndStrict_AndItsTokenIsNotStored()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        await fleet.SignInAsync();

        using var response = await Login(fleet, "ANNA", Password);

        string cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("max-age=43200", cookie, StringComparison.OrdinalIgnoreCase);
        string token = FleetHost.CookieOf(response).Split('=', 2)[1];
        Assert.Equal(0, await fleet.ScalarAsync<long>("select count(*) from session where position(convert_to(@token, 'UTF8') in token_hash) > 0", new { token }));
    }

    [Fact]
    public async Task Login_GivesOneAnswer_WhenNameOrPasswordIsWrong()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        await fleet.SignInAsync();

        var unknown = await Login(fleet, "nobody", Password).RefusedAsync(401, ErrorCodes.Unauthenticated);
        var wrong = await Login(fleet, "anna", "wrong").RefusedAsync(401, ErrorCodes.Unauthenticated);

        Assert.Equal(unknown, wrong);
    }

    [Fact]
    public async Task Login_LocksFor15Minutes_AfterFiveFailures()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        await fleet.SignInAsync();
        for (int i = 0; i < People.MaxFailures; i++) await Login(fleet, "anna", "wrong").RefusedAsync(401, ErrorCodes.Unauthenticated);

        var locked = await Login(fleet, "anna", Password).RefusedAsync(401, ErrorCodes.Unauthenticated);
        fleet.Clock.Advance(Duration.FromMinutes(14));
        await Login(fleet, "anna", Password).RefusedAsync(401, ErrorCodes.Unauthenticated);
        fleet.Clock.Advance(Duration.FromMinutes(2));
        using var open = await Login(fleet, "anna", Password);

        Assert.Contains("15 minutes", locked.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, open.StatusCode);
    }

    [Fact]
    public async Task Login_StaysLocked_WhenManyWrongPasswordsComeAtOnce()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        await fleet.SignInAsync();

        await Task.WhenAll(Enumerable.Range(0, People.MaxFailures + 3).Select(_ => Login(fleet, "anna", "wrong").RefusedAsync(401, ErrorCodes.Unauthenticated)));

        await Login(fleet, "anna", Password).RefusedAsync(401, ErrorCodes.Unauthenticated);
        Assert.Equal(0, await fleet.ScalarAsync<long>("select failures from person"));
        Assert.Equal(4, await fleet.ScalarAsync<long>("select count(*) from audit where action = 'sign_in_failed' and detail like '%locked%'"));
    }

    [Fact]
    public async Task Login_RefusesWhatCannotWait_AndLeavesTheDatabaseToOthers()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { Database = o.Database + ";Maximum Pool Size=2;Timeout=2" });
        string cookie = await fleet.SignInAsync();

        var flood = Enumerable.Range(0, (4 * People.MaxWaiting) + 20).Select(_ => Login(fleet, "nobody", "wrong")).ToList();
        using var viewer = await fleet.GetAsync(cookie, "/api/v1/sites");
        var answers = await Task.WhenAll(flood);

        Assert.Equal(HttpStatusCode.OK, viewer.StatusCode);
        Assert.Contains(answers, a => a.StatusCode is HttpStatusCode.ServiceUnavailable);
        Assert.Contains(answers, a => a.StatusCode is HttpStatusCode.Unauthorized);
        Assert.All(answers, a => Assert.True(a.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.Unauthorized, $"{a.StatusCode}"));
        await Login(fleet, "nobody", "wrong").RefusedAsync(401, ErrorCodes.Unauthenticated);
    }

    [Fact]
    public async Task Login_CountsAnew_AfterASuccess()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        await fleet.SignInAsync();

        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < People.MaxFailures - 1; i++) await Login(fleet, "anna", "wrong").RefusedAsync(401, ErrorCodes.Unauthenticated);
            using var open = await Login(fleet, "anna", Password);
            Assert.Equal(HttpStatusCode.OK, open.StatusCode);
        }
    }

    [Fact]
    public async Task Login_IsLimited_PerAddress()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { SignInsPerMinute = 3 });
        for (int i = 0; i < 3; i++) await Login(fleet, "nobody", "wrong").RefusedAsync(401, ErrorCodes.Unauthenticated);

        await Login(fleet, "nobody", "wrong").RefusedAsync(429, ErrorCodes.TooMany);
    }

    [Fact]
    public async Task Session_Ends_After12HoursOrSignOut()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string first = await fleet.SignInAsync();
        string second = FleetHost.CookieOf(await Login(fleet, "anna", Password));

        using var left = await fleet.SendAsync(first, HttpMethod.Post, "/api/v1/auth/logout");
        Assert.Equal(HttpStatusCode.NoContent, left.StatusCode);
        await fleet.GetAsync(first, "/api/v1/auth/me").RefusedAsync(401, ErrorCodes.Unauthenticated);
        fleet.Clock.Advance(Duration.FromHours(12) - Duration.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await fleet.GetAsync(second, "/api/v1/auth/me")).StatusCode);
        fleet.Clock.Advance(Duration.FromSeconds(2));
        await fleet.GetAsync(second, "/api/v1/auth/me").RefusedAsync(401, ErrorCodes.Unauthenticated);
    }

    [Fact]
    public async Task Change_IsRefused_WithoutTheForgeryHeader()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string cookie = await fleet.SignInAsync();
        object site = new { site = "yard", name = "Yard", timeZone = "Europe/Berlin" };

        await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/sites", site, r => r.Headers.Remove(PersonCheck.CsrfHeader)).RefusedAsync(403, ErrorCodes.Forbidden);
        await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/auth/login", new LoginRequest("anna", Password), r => r.Headers.Remove(PersonCheck.CsrfHeader)).RefusedAsync(403, ErrorCodes.Forbidden);
        using var made = await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/sites", site);

        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }

    [Fact]
    public async Task Viewer_MayNotChangeAnything()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string viewer = await fleet.SignInElsewhereAsync("main", "viewer");

        Assert.Equal(HttpStatusCode.OK, (await fleet.GetAsync(viewer, "/api/v1/sites")).StatusCode);
        await fleet.SendAsync(viewer, HttpMethod.Post, "/api/v1/sites", new { site = "a", name = "a", timeZone = "Etc/UTC" }).RefusedAsync(403, ErrorCodes.Forbidden);
        await fleet.SendAsync(viewer, HttpMethod.Post, "/api/v1/enrolment-tokens", new { site = "a" }).RefusedAsync(403, ErrorCodes.Forbidden);
    }

    [Fact]
    public async Task Audit_HoldsAChain_ThatATamperedRowBreaks()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        await fleet.SignInAsync();
        await Login(fleet, "anna", "wrong").RefusedAsync(401, ErrorCodes.Unauthenticated);
        (await Login(fleet, "anna", Password)).Dispose();
        var trail = fleet.Get<AuditTrail>();

        Assert.Equal(3, await fleet.ScalarAsync<long>("select count(*) from audit"));
        Assert.Null(await trail.FirstBrokenAsync(Names.DefaultTenant, CancellationToken.None));
        await fleet.ExecuteAsync("update audit set actor = 'eve' where seq = 2");
        Assert.Equal(2, await trail.FirstBrokenAsync(Names.DefaultTenant, CancellationToken.None));
    }

    private static Task<HttpResponseMessage> Setup(FleetHost fleet, string code, string name) =>
        fleet.SendAsync(null, HttpMethod.Post, "/api/v1/auth/setup", new SetupRequest(code, name, Password));

    private static Task<HttpResponseMessage> Login(FleetHost fleet, string name, string password) =>
        fleet.SendAsync(null, HttpMethod.Post, "/api/v1/auth/login", new LoginRequest(name, password));
}

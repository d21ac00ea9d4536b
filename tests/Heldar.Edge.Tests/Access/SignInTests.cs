using Heldar.Edge.Access;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Access;

/// <summary>Accounts, sessions and set-up over real HTTP.</summary>
public sealed class SignInTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private BoxFixture _box = null!;

    [Fact]
    public async Task Setup_MakesTheFirstAdmin_OnceAndOnlyWithTheCode()
    {
        var codes = _box.App.Services.GetRequiredService<SetupCodes>();
        var code = codes.Create();
        var browser = Browser();
        Assert.True((await browser.SendAsync("GET", "/api/v1/auth/state")).Body.GetProperty("setup_needed").GetBoolean());
        Assert.Equal(401, (await SetUpAsync(browser, "AAAA-AAAA-AAAA", "anna")).Status);
        Assert.Equal(400, (await browser.SendAsync("POST", "/api/v1/auth/setup", new { code, name = "anna", password = "short" })).Status);

        // Many at once: one wins.
        var tries = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => SetUpAsync(Browser(), code.ToLowerInvariant().Replace('-', ' '), $"anna {i}")));
        Assert.Equal([201, 401, 401, 401, 401, 401], tries.Select(t => t.Status).Order());
        Assert.Single((await _box.JsonAsync("GET", "/api/v1/users")).EnumerateArray(), u => u.GetProperty("role").GetString() == "admin");

        // A later code is worth nothing while there is an account.
        Assert.Equal(401, (await SetUpAsync(browser, codes.Create(), "second")).Status);
        Assert.False((await browser.SendAsync("GET", "/api/v1/auth/state")).Body.GetProperty("setup_needed").GetBoolean());
    }

    [Fact]
    public async Task SetupCode_Expires()
    {
        var code = _box.App.Services.GetRequiredService<SetupCodes>().Create();
        _box.Clock.Advance(SetupCodes.Lifetime);
        Assert.Equal(401, (await SetUpAsync(Browser(), code, "anna")).Status);
    }

    [Fact]
    public async Task Login_GivesWhatClientsRelyOn()
    {
        await AddAsync("Anna", "manager");
        var browser = Browser();
        var (status, body) = await browser.LoginAsync("  aNNa ", Password);

        Assert.Equal(200, status);
        Assert.Equal(browser.Cookie, body.GetProperty("token").GetString());
        Assert.EndsWith("Z", body.GetProperty("expires_at").GetString(), StringComparison.Ordinal);
        Assert.Equal("Anna", body.GetProperty("user").GetProperty("name").GetString());
        foreach (var attribute in new[] { "httponly", "samesite=strict", "path=/" }) Assert.Contains(attribute, browser.SetCookie, StringComparison.OrdinalIgnoreCase);
        var me = (await browser.SendAsync("GET", "/api/v1/auth/me")).Body;
        Assert.Equal(("Anna", "manager", "user"), (me.GetProperty("name").GetString(), me.GetProperty("role").GetString(), me.GetProperty("kind").GetString()));
        Assert.Equal(200, (await _box.SendAsync("GET", "/api/v1/cameras", key: browser.Cookie)).Status);

        var token = browser.Cookie;
        Assert.Equal(204, (await browser.SendAsync("POST", "/api/v1/auth/logout")).Status);
        Assert.Null(browser.Cookie);
        Assert.Equal(401, (await _box.SendAsync("GET", "/api/v1/cameras", key: token)).Status);
    }

    [Fact]
    public async Task ParallelWrongPasswords_AreJudgedOnlyUpToTheLimit()
    {
        await AddAsync("anna", "viewer");
        var signIn = _box.App.Services.GetRequiredService<SignIn>();

        // The right password is among them, but too late: five wrong ones have locked the account by then, however they run.
        var tries = Enumerable.Range(0, 14).Select(i => signIn.EnterAsync("anna", $"wrong password {i}", null, null, CancellationToken.None)).ToList();
        tries.Add(signIn.EnterAsync("anna", Password, null, null, CancellationToken.None));
        var results = await Task.WhenAll(tries);

        var user = (await _box.JsonAsync("GET", "/api/v1/users")).EnumerateArray().Single();
        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, user.GetProperty("locked_until").ValueKind);
        Assert.True(results.Count(r => r.Outcome == SignInOutcome.Done) <= 1);
        Assert.Equal(SignInOutcome.Refused, (await signIn.EnterAsync("anna", Password, null, null, CancellationToken.None)).Outcome);

        Assert.Equal(204, (await _box.SendAsync("POST", $"/api/v1/users/{user.GetProperty("id").GetString()}/unlock")).Status);
        Assert.Equal(200, (await Browser().LoginAsync("anna", Password)).Status);
        Assert.Contains("user.locked", (await _box.SendAsync("GET", "/api/v1/audit")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LockedAccount_AnswersLikeAWrongName_AndOpensAgainWithTime()
    {
        await AddAsync("anna", "viewer");
        for (var i = 0; i < SignIn.MaxFailures; i++) await Browser().LoginAsync("anna", "wrong password");

        var locked = await Browser().LoginAsync("anna", Password);
        var nobody = await Browser().LoginAsync("nobody", Password);
        Assert.Equal((401, nobody.Body.GetRawText()), (locked.Status, locked.Body.GetRawText()));

        _box.Clock.Advance(SignIn.LockOut + Duration.FromSeconds(1));
        Assert.Equal(200, (await Browser().LoginAsync("anna", Password)).Status);
    }

    [Fact]
    public async Task Session_EndsWithTime_AndWithoutUse()
    {
        await AddAsync("anna", "viewer");
        var (idle, busy) = (Browser(), Browser());
        await idle.LoginAsync("anna", Password);
        await busy.LoginAsync("anna", Password);

        for (var i = 0; i < 15; i++)
        {
            _box.Clock.Advance(Duration.FromHours(0.75));
            Assert.Equal(200, (await busy.SendAsync("GET", "/api/v1/auth/me")).Status);
        }

        Assert.Equal(401, (await idle.SendAsync("GET", "/api/v1/auth/me")).Status);
        _box.Clock.Advance(Duration.FromHours(0.75));
        Assert.Equal(401, (await busy.SendAsync("GET", "/api/v1/auth/me")).Status);
    }

    [Fact]
    public async Task Cookie_NeedsTheHeader_ToChangeSomething()
    {
        await AddAsync("anna", "admin");
        var browser = Browser();
        await browser.LoginAsync("anna", Password);

        Assert.Equal(403, (await browser.SendAsync("POST", "/api/v1/cameras", new { id = "a", url = "rtsp://h/" }, header: false)).Status);
        Assert.Equal(403, (await browser.SendAsync("POST", "/api/v1/auth/logout", header: false)).Status);
        Assert.Equal(403, (await browser.SendAsync("POST", "/api/v1/auth/login", new { name = "anna", password = Password }, header: false)).Status);
        Assert.Equal(200, (await browser.SendAsync("GET", "/api/v1/cameras", header: false)).Status);
        Assert.Equal(201, (await browser.SendAsync("POST", "/api/v1/cameras", new { id = "a", url = "rtsp://h/" })).Status);
    }

    [Fact]
    public async Task PlantedCookie_IsWorthNothing_AfterSigningIn()
    {
        await AddAsync("anna", "viewer");
        await AddAsync("mallory", "viewer");
        var (victim, attacker) = (Browser(), Browser());
        await attacker.LoginAsync("mallory", Password);
        victim.Cookie = attacker.Cookie;

        await victim.LoginAsync("anna", Password);

        Assert.NotEqual(attacker.Cookie, victim.Cookie);
        Assert.Equal(401, (await attacker.SendAsync("GET", "/api/v1/auth/me")).Status);
        var made = Browser();
        made.Cookie = "hs_" + new string('A', 43);
        await made.LoginAsync("anna", Password);
        Assert.NotEqual("hs_" + new string('A', 43), made.Cookie);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("hs_")]
    [InlineData("hs_%00")]
    [InlineData("\"hs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"")]
    [InlineData("hs_' OR 1=1 -- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task TamperedCookie_IsNobody(string cookie)
    {
        var browser = Browser();
        browser.Cookie = cookie;
        Assert.Equal(401, (await browser.SendAsync("GET", "/api/v1/auth/me")).Status);
    }

    [Fact]
    public async Task ChangedCookie_IsNobody()
    {
        await AddAsync("anna", "viewer");
        var browser = Browser();
        await browser.LoginAsync("anna", Password);
        var good = browser.Cookie!;
        foreach (var bad in new[] { good[..^1] + (good[^1] == 'A' ? 'B' : 'A'), good + "A", good[..^1], good.ToUpperInvariant(), new string('A', 8000) })
        {
            browser.Cookie = bad;
            Assert.Equal(401, (await browser.SendAsync("GET", "/api/v1/auth/me")).Status);
        }

        browser.Cookie = good;
        Assert.Equal(200, (await browser.SendAsync("GET", "/api/v1/auth/me")).Status);
    }

    [Fact]
    public async Task NewPassword_EndsAllSessions_AndThisOneGetsAnother()
    {
        await AddAsync("anna", "viewer");
        var (here, there) = (Browser(), Browser());
        await here.LoginAsync("anna", Password);
        await there.LoginAsync("anna", Password);
        var before = here.Cookie;

        Assert.Equal(403, (await here.SendAsync("POST", "/api/v1/auth/password", new { current_password = "wrong password", new_password = "another long secret" })).Status);
        Assert.Equal(200, (await here.SendAsync("POST", "/api/v1/auth/password", new { current_password = Password, new_password = "another long secret" })).Status);

        Assert.NotEqual(before, here.Cookie);
        Assert.Equal((200, 401), ((await here.SendAsync("GET", "/api/v1/auth/me")).Status, (await there.SendAsync("GET", "/api/v1/auth/me")).Status));
        Assert.Equal(401, (await _box.SendAsync("GET", "/api/v1/auth/me", key: before)).Status);
        Assert.Equal((401, 200), ((await Browser().LoginAsync("anna", Password)).Status, (await Browser().LoginAsync("anna", "another long secret")).Status));
    }

    [Fact]
    public async Task Sessions_CanBeSeenAndEnded_OnlyOnesOwn()
    {
        await AddAsync("anna", "viewer");
        await AddAsync("mallory", "viewer");
        var (here, there, other) = (Browser(), Browser(), Browser());
        await here.LoginAsync("anna", Password);
        await there.LoginAsync("anna", Password);
        await other.LoginAsync("mallory", Password);

        var list = (await here.SendAsync("GET", "/api/v1/auth/sessions")).Body.EnumerateArray().ToList();
        Assert.Equal(2, list.Count);
        var id = list.Single(s => !s.GetProperty("current").GetBoolean()).GetProperty("id").GetString();
        Assert.Equal(404, (await other.SendAsync("DELETE", $"/api/v1/auth/sessions/{id}")).Status);
        Assert.Equal(204, (await here.SendAsync("DELETE", $"/api/v1/auth/sessions/{id}")).Status);
        Assert.Equal((200, 401), ((await here.SendAsync("GET", "/api/v1/auth/me")).Status, (await there.SendAsync("GET", "/api/v1/auth/me")).Status));
    }

    [Fact]
    public async Task SecondFactor_IsAsked_EachCodeOnce_AndRecoveryCodesOnce()
    {
        await AddAsync("anna", "viewer");
        var browser = Browser();
        await browser.LoginAsync("anna", Password);
        Assert.Equal(403, (await browser.SendAsync("POST", "/api/v1/auth/totp", new { password = "wrong password" })).Status);
        var secret = (await browser.SendAsync("POST", "/api/v1/auth/totp", new { password = Password })).Body.GetProperty("secret").GetString()!;
        Assert.Equal(200, (await Browser().LoginAsync("anna", Password)).Status);
        Assert.Equal(400, (await browser.SendAsync("POST", "/api/v1/auth/totp/confirm", new { code = "000000" })).Status);
        var codes = (await browser.SendAsync("POST", "/api/v1/auth/totp/confirm", new { code = CodeNow(secret) })).Body.GetProperty("recovery_codes");
        Assert.Equal(SecondFactor.RecoveryCodes, codes.GetArrayLength());

        var (status, body) = await Browser().LoginAsync("anna", Password);
        Assert.Equal((401, "code_needed"), (status, body.GetProperty("code").GetString()));
        Assert.Equal(401, (await Browser().LoginAsync("anna", Password, CodeNow(secret))).Status);
        _box.Clock.Advance(Duration.FromSeconds(60));
        var code = CodeNow(secret);
        Assert.Equal("unauthenticated", (await Browser().LoginAsync("anna", "wrong password", code)).Body.GetProperty("code").GetString());
        Assert.Equal(200, (await Browser().LoginAsync("anna", Password, code)).Status);
        Assert.Equal(401, (await Browser().LoginAsync("anna", Password, code)).Status);

        var recovery = codes[3].GetString()!;
        Assert.Equal((200, 401), ((await Browser().LoginAsync("anna", Password, recovery)).Status, (await Browser().LoginAsync("anna", Password, recovery)).Status));
        Assert.True((await _box.JsonAsync("GET", "/api/v1/users"))[0].GetProperty("totp").GetBoolean());
        Assert.Equal(204, (await browser.SendAsync("DELETE", "/api/v1/auth/totp", new { password = Password })).Status);
        Assert.Equal(200, (await Browser().LoginAsync("anna", Password)).Status);
    }

    [Fact]
    public async Task ParallelUseOfOneCode_LetsOneIn()
    {
        await AddAsync("anna", "viewer");
        var browser = Browser();
        await browser.LoginAsync("anna", Password);
        var secret = (await browser.SendAsync("POST", "/api/v1/auth/totp", new { password = Password })).Body.GetProperty("secret").GetString()!;
        await browser.SendAsync("POST", "/api/v1/auth/totp/confirm", new { code = CodeNow(secret) });
        _box.Clock.Advance(Duration.FromSeconds(60));

        var code = CodeNow(secret);
        var tries = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Browser().LoginAsync("anna", Password, code)));

        Assert.Equal([200, 401, 401, 401], tries.Select(t => t.Status).Order());
    }

    [Fact]
    public async Task WrongCodes_LockTheAccount()
    {
        await AddAsync("anna", "viewer");
        var browser = Browser();
        await browser.LoginAsync("anna", Password);
        var secret = (await browser.SendAsync("POST", "/api/v1/auth/totp", new { password = Password })).Body.GetProperty("secret").GetString()!;
        await browser.SendAsync("POST", "/api/v1/auth/totp/confirm", new { code = CodeNow(secret) });
        _box.Clock.Advance(Duration.FromSeconds(60));

        for (var i = 0; i < SignIn.MaxFailures; i++) Assert.Equal(401, (await Browser().LoginAsync("anna", Password, $"00000{i}")).Status);

        Assert.Equal(401, (await Browser().LoginAsync("anna", Password, CodeNow(secret))).Status);
    }

    [Fact]
    public async Task LastAdmin_CannotGo()
    {
        var anna = await AddAsync("anna", "admin");
        await AddAsync("viewer", "viewer");
        Assert.Equal(409, (await _box.SendAsync("DELETE", $"/api/v1/users/{anna}")).Status);
        Assert.Equal(409, (await _box.SendAsync("PATCH", $"/api/v1/users/{anna}", new { role = "manager" })).Status);
        Assert.Equal(409, (await _box.SendAsync("PATCH", $"/api/v1/users/{anna}", new { disabled = true })).Status);

        var ben = await AddAsync("ben", "admin");
        var both = await Task.WhenAll(_box.SendAsync("DELETE", $"/api/v1/users/{anna}"), _box.SendAsync("DELETE", $"/api/v1/users/{ben}"));
        Assert.Equal([204, 409], both.Select(b => b.Status).Order());
    }

    [Fact]
    public async Task LosingRights_EndsSessions()
    {
        await AddAsync("root", "admin");
        var anna = await AddAsync("anna", "admin");
        var browser = Browser();
        await browser.LoginAsync("anna", Password);
        await _box.JsonAsync("PATCH", $"/api/v1/users/{anna}", new { role = "viewer" });
        Assert.Equal(401, (await browser.SendAsync("GET", "/api/v1/users")).Status);
        await browser.LoginAsync("anna", Password);
        Assert.Equal(403, (await browser.SendAsync("GET", "/api/v1/users")).Status);
        await _box.JsonAsync("PATCH", $"/api/v1/users/{anna}", new { disabled = true });
        Assert.Equal((401, 401), ((await browser.SendAsync("GET", "/api/v1/cameras")).Status, (await browser.LoginAsync("anna", Password)).Status));
        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/users/{anna}")).Status);
    }

    [Fact]
    public async Task NameTaken_IsRefused_WhateverTheCase()
    {
        await AddAsync("anna", "viewer");
        Assert.Equal(409, (await _box.SendAsync("POST", "/api/v1/users", new { name = "ANNA", password = Password, role = "viewer" })).Status);
    }

    [Fact]
    public async Task TooManyTries_AreSlowedDown()
    {
        var answers = new List<int>();
        for (var i = 0; i < 40; i++) answers.Add((await Browser().SendAsync("POST", "/api/v1/auth/login", """{"name":"x"}""")).Status);
        Assert.Equal(30, answers.TakeWhile(a => a == 400).Count());
        Assert.Contains(429, answers);
    }

    [Fact]
    public async Task FloodOfFailures_LeavesTheAuditLogReadable()
    {
        var notes = _box.App.Services.GetRequiredService<FailureNotes>();
        for (var i = 0; i < 500; i++) await notes.AppendAsync("nobody", "user.sign_in_refused", $"guess {i}", CancellationToken.None);
        _box.Clock.Advance(Duration.FromMinutes(1));
        await notes.AppendAsync("nobody", "user.sign_in_refused", "last", CancellationToken.None);

        var entries = (await _box.JsonAsync("GET", "/api/v1/audit?limit=1000")).GetProperty("entries");
        Assert.Equal(21, entries.GetArrayLength());
        Assert.Equal(480, entries[0].GetProperty("detail").GetProperty("leftOut").GetInt32());
    }

    [Fact]
    public async Task AuditLog_HoldsWhoDidWhat_AndNoSecret()
    {
        await AddAsync("anna", "admin");
        var browser = Browser();
        await browser.LoginAsync("anna", Password);
        await browser.SendAsync("POST", "/api/v1/cameras", new { id = "gate", url = "rtsp://user:letmein-now@h/", password = "letmein-now" });
        await browser.LoginAsync("anna", "letmein wrong one");

        var text = (await _box.SendAsync("GET", "/api/v1/audit")).Body;
        foreach (var found in new[] { "user.added", "user.signed_in", "camera.added", "user:anna", "user.sign_in_refused" }) Assert.Contains(found, text, StringComparison.Ordinal);
        foreach (var secret in new[] { Password, "letmein", browser.Cookie! }) Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        Assert.True((await _box.JsonAsync("GET", "/api/v1/audit/verify")).GetProperty("sound").GetBoolean());
        Assert.Equal(400, (await _box.SendAsync("GET", "/api/v1/audit?limit=0")).Status);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static Task<(int Status, System.Text.Json.JsonElement Body)> SetUpAsync(Browser browser, string code, string name) =>
        browser.SendAsync("POST", "/api/v1/auth/setup", new { code, name, password = Password });

    private Browser Browser() => new(_box.Http);

    private string CodeNow(string secret) => Access.Browser.CodeOf(secret, _box.Clock.GetCurrentInstant());

    private async Task<string> AddAsync(string name, string role) =>
        (await _box.JsonAsync("POST", "/api/v1/users", new { name, password = Password, role }, 201)).GetProperty("id").GetString()!;
}

using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Heldar.Cloud.Migrations;
using Heldar.Cloud.Secrets;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Settings;
using Heldar.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Tests.Hosting;

/// <summary>A real replica on a free port over a real database; the clock is the test's.</summary>
internal sealed class FleetHost : IAsyncDisposable
{
    public static readonly Instant Start = Instant.FromUtc(2026, 11, 21, 5, 0);

    private FleetHost(WebApplication app, FleetOptions options, ManualClock clock)
    {
        (App, Options, Clock) = (app, options, clock);
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = NewClient();
    }

    public WebApplication App { get; }

    public FleetOptions Options { get; }

    public ManualClock Clock { get; }

    public Uri Url { get; }

    /// <summary>Sends no cookies of its own.</summary>
    public HttpClient Client { get; }

    public static async Task<FleetHost> StartAsync(PostgresFixture postgres, AzuriteFixture? azurite = null, Func<FleetOptions, FleetOptions>? change = null)
    {
        string database = await postgres.CreateDatabaseAsync();
        await using (var source = NpgsqlDataSource.Create(database)) await Migrator.MigrateAsync(source, CancellationToken.None);
        var options = new FleetOptions
        {
            Database = database,
            Storage = azurite?.ConnectionString ?? "UseDevelopmentStorage=true",
            Urls = "http://127.0.0.1:0",
            SignInsPerMinute = 10_000,
            StreamWait = TimeSpan.FromMilliseconds(500),
            AnswerWait = TimeSpan.FromSeconds(10),
            ViewerStall = TimeSpan.FromSeconds(10),
            Secrets = SecretBox.Parse(Convert.ToBase64String(new byte[32]), out _),
        };
        return await StartAsync(change?.Invoke(options) ?? options, new ManualClock(Start));
    }

    /// <summary>Another replica over the same database and clock.</summary>
    public Task<FleetHost> StartReplicaAsync(Func<FleetOptions, FleetOptions>? change = null) => StartAsync(change?.Invoke(Options) ?? Options, Clock);

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    /// <summary>Makes the first account and returns its cookie header.</summary>
    public async Task<string> SignInAsync()
    {
        string code = (await Get<People>().CreateSetupCodeAsync(Names.DefaultTenant, CancellationToken.None))!;
        using var response = await Client.PostAsJsonAsync(new Uri(Url, "/api/v1/auth/setup"), new SetupRequest(code, "anna", "correct horse battery"), HeldarJson.Options);
        response.EnsureSuccessStatusCode();
        return CookieOf(response);
    }

    /// <summary>A person of another tenant, signed in; made in the database, since tenants have no set-up page.</summary>
    public async Task<string> SignInElsewhereAsync(string tenant, string role = "admin")
    {
        var person = Guid.CreateVersion7();
        await ExecuteAsync(
            "insert into tenant (tenant, name) values (@tenant, @tenant) on conflict do nothing", new { tenant });
        await ExecuteAsync(
            "insert into person (tenant, person, name, name_key, role, password_hash, created_at) values (@tenant, @person, @name, @name, @role, '', now())",
            new { tenant, person, name = "p" + person.ToString("N"), role });
        return $"{SessionCookie.Name}={await Get<Sessions>().OpenAsync(tenant, person, CancellationToken.None)}";
    }

    public static string CookieOf(HttpResponseMessage response) =>
        response.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith(SessionCookie.Name + "=", StringComparison.Ordinal)).Split(';')[0];

    /// <summary>Sends as a person: cookie and forgery header.</summary>
    public Task<HttpResponseMessage> SendAsync(string? cookie, HttpMethod method, string path, object? body = null, Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(method, new Uri(Url, path));
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
            request.Headers.Add(PersonCheck.CsrfHeader, "1");
        }

        if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: HeldarJson.Options);
        change?.Invoke(request);
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<HttpResponseMessage> GetAsync(string? cookie, string path) => SendAsync(cookie, HttpMethod.Get, path);

    public async Task ExecuteAsync(string sql, object? values = null)
    {
        await using var connection = await Get<NpgsqlDataSource>().OpenConnectionAsync();
        await connection.ExecuteAsync(sql, values);
    }

    public async Task<T?> ScalarAsync<T>(string sql, object? values = null)
    {
        await using var connection = await Get<NpgsqlDataSource>().OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql, values);
    }

    /// <summary>Polls a condition in the database.</summary>
    public async Task WaitForAsync(string sql, object? values = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await ScalarAsync<bool>(sql, values)) await Task.Delay(20, limit.Token);
    }

    /// <summary>Enters a camera of a box, as the box's self-description would.</summary>
    public Task AddCameraAsync(string tenant, Guid box, Guid camera, string slug) => ExecuteAsync(
        "insert into camera (tenant, camera, box, site, slug, name, enabled) select tenant, @camera, box, site, @slug, @slug, true from box where tenant = @tenant and box = @box", new { tenant, camera, box, slug });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }

    private static async Task<FleetHost> StartAsync(FleetOptions options, ManualClock clock)
    {
        var app = FleetApp.Create(options, builder =>
        {
            builder.Services.AddSingleton<IClock>(clock);
            builder.Logging.SetMinimumLevel(LogLevel.Error);
        });
        await app.StartAsync();
        return new FleetHost(app, options, clock);
    }

    private static HttpClient NewClient() =>
        new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
}

internal static class Responses
{
    public static async Task<T> ReadAsync<T>(this HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<T>(HeldarJson.Options))!;

    /// <summary>Checks status and code of a refusal and that its text is there for people.</summary>
    public static async Task<ErrorBody> RefusedAsync(this Task<HttpResponseMessage> sending, int status, string code)
    {
        using var response = await sending;
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} {text}");
        var body = JsonSerializer.Deserialize<ErrorBody>(text, HeldarJson.Options)!;
        Assert.Equal(code, body.Code);
        Assert.NotEmpty(body.Error);
        return body;
    }
}

using System.Data.Common;
using System.Text.RegularExpressions;
using Dapper;
using Heldar.Edge.Secrets;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Access;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Secrets;

/// <summary>What the box seals is what a new key reaches.</summary>
public sealed partial class SealedColumnsTests : IAsyncLifetime
{
    private const string Yaml = "cameras: [{ id: gate, url: 'rtsp://10.0.0.1/live', username: admin, password: hunter2, anr: { replayUrl: 'rtsp://10.0.0.1/tracks/1?starttime={start}&endtime={end}' }, events: { username: onvif, password: hunter3 } }]";
    private const string Password = "correct horse battery";

    /// <summary>Columns that are named like secrets and are none.</summary>
    private static readonly Dictionary<string, string> NoSecrets = new(StringComparer.Ordinal)
    {
        ["user_account.password_hash"] = "PBKDF2, not to be opened by anybody",
        ["user_account.totp_on"] = "whether there is one",
        ["user_account.totp_step"] = "a count of half minutes",
        ["user_session.token_hash"] = "SHA-256 of 256 random bits",
    };

    private BoxFixture _box = null!;

    [Fact]
    public async Task EverySealedColumn_IsOneThatANewKeyReaches()
    {
        await SecondFactorAsync();

        var sealedNow = await ReadAsync(db => ColumnsOf(db)
            .Where(c => db.ExecuteScalar<long>($"SELECT EXISTS (SELECT 1 FROM \"{c.Table}\" WHERE typeof(\"{c.Column}\") IN ('text', 'blob') AND CAST(\"{c.Column}\" AS TEXT) LIKE '%enc:v1:%')") != 0)
            .Select(c => $"{c.Table}.{c.Column}").Order(StringComparer.Ordinal).ToList());

        Assert.Equal(BoxSecrets.Columns.Select(c => c.Name).Order(StringComparer.Ordinal), sealedNow);
    }

    [Fact]
    public async Task EveryColumnNamedLikeASecret_IsSealed_OrListedWithAReason() => Assert.Equal(
        BoxSecrets.Columns.Select(c => c.Name).Concat(NoSecrets.Keys).Order(StringComparer.Ordinal),
        await ReadAsync(db => ColumnsOf(db).Where(c => Telling().IsMatch(c.Column)).Select(c => $"{c.Table}.{c.Column}").Order(StringComparer.Ordinal).ToList()));

    [Fact]
    public async Task NewKey_ReachesCamerasAndSecondFactors()
    {
        var secret = await SecondFactorAsync();
        var folder = new SecretsFolder(_box.DataFolder, BoxSecrets.Columns);
        await _box.RestartAsync(Yaml, Duration.FromMinutes(1), _ =>
        {
            folder.Rotate();
            Assert.Equal(BoxSecrets.Columns.Count, folder.Rekey().Resealed);
        });

        Assert.Equal(BoxSecrets.Columns.Count, Assert.Single(folder.Usage()).Value);
        Assert.Equal(200, (await new Browser(_box.Http).LoginAsync("Anna", Password, Browser.CodeOf(secret, _box.Clock.GetCurrentInstant()))).Status);
        Assert.StartsWith("rtsp://10.0.0.1/", (await _box.JsonAsync("GET", "/api/v1/cameras/gate")).GetProperty("main_stream_url").GetString(), StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Yaml);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [GeneratedRegex("secret|passw|passphrase|passwd|token|username|url|credential|private|totp|cookie", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Telling();

    private static List<(string Table, string Column)> ColumnsOf(DbConnection db) =>
        [.. db.Query<(string, string)>("SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'")];

    private Task<T> ReadAsync<T>(Func<DbConnection, T> query) => _box.App.Services.GetRequiredService<IStoreReader>().ReadAsync(query, TestContext.Current.CancellationToken);

    private async Task<string> SecondFactorAsync()
    {
        await _box.JsonAsync("POST", "/api/v1/users", new { name = "Anna", password = Password, role = "admin" }, 201);
        var browser = new Browser(_box.Http);
        await browser.LoginAsync("Anna", Password);
        var secret = (await browser.SendAsync("POST", "/api/v1/auth/totp", new { password = Password })).Body.GetProperty("secret").GetString()!;
        Assert.Equal(200, (await browser.SendAsync("POST", "/api/v1/auth/totp/confirm", new { code = Browser.CodeOf(secret, _box.Clock.GetCurrentInstant()) })).Status);
        return secret;
    }
}

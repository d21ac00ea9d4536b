using Heldar.Edge.Access;
using Heldar.Edge.Backup;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Edge.Tests.Access;

/// <summary>A box whose database is gone tells its people that their accounts are, and lets them in again.</summary>
public sealed class LostAccountsTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private BoxFixture _box = null!;

    [Fact]
    public async Task LostDatabase_IsTold_KeysWork_AndANewSetUpCodeIsPrinted()
    {
        var key = _box.AdminKey;
        await AddAnnaAsync();
        await _box.RestartAsync("", whileDown: _ =>
        {
            foreach (var file in Directory.EnumerateFiles(_box.DataFolder, "box.db*")) File.Delete(file);
        });

        Assert.Contains(AccountMark.LostText, await HealthAsync(key), StringComparison.Ordinal);
        using (var ready = await _box.RawAsync("GET", "/readyz")) Assert.DoesNotContain("accounts", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var browser = new Browser(_box.Http);
        Assert.True((await browser.SendAsync("GET", "/api/v1/auth/state")).Body.GetProperty("setup_needed").GetBoolean());
        var code = _box.Said.ToString().Trim().Split(": ")[^1];
        Assert.Equal(201, (await browser.SendAsync("POST", "/api/v1/auth/setup", new { code, name = "Anna", password = Password })).Status);
        Assert.DoesNotContain("accounts of people", await HealthAsync(key), StringComparison.Ordinal);

        var said = _box.Said.ToString();
        await _box.RestartAsync("");
        Assert.Equal(said, _box.Said.ToString());
        Assert.DoesNotContain("accounts of people", await HealthAsync(key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BoxWithoutAccounts_IsNoLoss()
    {
        await _box.RestartAsync("");
        Assert.Equal("", _box.Said.ToString());
        Assert.DoesNotContain("accounts of people", await HealthAsync(_box.AdminKey), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BoxOfAnOlderProgram_GetsTheMark()
    {
        await AddAnnaAsync();
        var mark = Path.Combine(_box.DataFolder, "accounts.made");
        await _box.RestartAsync("", whileDown: _ => File.Delete(mark));
        Assert.True(File.Exists(mark));
        Assert.Equal("", _box.Said.ToString());
    }

    [Fact]
    public async Task Backup_BringsTheAccountsBack()
    {
        await AddAnnaAsync();
        var settings = _box.App.Services.GetRequiredService<BoxSettings>();
        await File.WriteAllTextAsync(settings.File, "box: { name: Depot, data: ./data }", TestContext.Current.CancellationToken);
        using var other = new TemporaryFolder();
        new BackupWriter(settings, _box.Clock).Write(other.File("box.tar"), null);

        var data = Restorer.Restore(other.File("box.tar"), other.File("new/heldar.yaml"), null);

        Assert.True(new AccountMark(data).IsSet);
        await using var database = new SqliteConnection(Path.Combine(data, "box.db"));
        await database.OpenAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Anna", Assert.Single(UserRows.All(database)).Name);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private async Task AddAnnaAsync() => await _box.JsonAsync("POST", "/api/v1/users", new { name = "Anna", password = Password, role = "admin" }, 201);

    private async Task<string> HealthAsync(string key)
    {
        var (status, body) = await _box.SendAsync("GET", "/health", key: key);
        Assert.True(status == 200, body);
        return string.Join('\n', System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()));
    }
}

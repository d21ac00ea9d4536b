using System.CommandLine;
using Dapper;
using Heldar.Edge.Access;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Edge.Tests.Access;

/// <summary>The commands of the room beside a running box.</summary>
public sealed class AccessCommandTests : IAsyncLifetime
{
    private BoxFixture _box = null!;

    [Fact]
    public async Task AuditVerify_NamesTheEntryThatWasChanged()
    {
        for (var i = 0; i < 3; i++) await _box.JsonAsync("POST", "/api/v1/api-keys", new { name = $"key {i}", role = "viewer" }, 201);
        var (code, text) = await RunAsync("audit", "verify");
        Assert.Equal(0, code);
        var head = text.Split('\n').Single(l => l.StartsWith("head ", StringComparison.Ordinal))[5..].Trim();
        Assert.Equal(0, (await RunAsync("audit", "verify", "--head", head)).Code);
        Assert.Equal(1, (await RunAsync("audit", "verify", "--head", new string('0', 63) + "1")).Code);

        await _box.App.Services.GetRequiredService<IStoreWriter>().EnqueueAsync(db => db.Execute("DROP TRIGGER audit_entry_stands; UPDATE audit_entry SET actor = 'key:other' WHERE seq = 2"));

        (code, text) = await RunAsync("audit", "verify");
        Assert.Equal(1, code);
        Assert.Contains("BROKEN: entry 2 ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_AreMadeListedAndRevoked()
    {
        var (_, key) = await RunAsync("keys", "add", "--name", "door", "--role", "viewer", "--camera", "gate", "--days", "1");
        Assert.Equal(200, (await _box.SendAsync("GET", "/api/v1/cameras", key: key.Trim())).Status);

        var (_, list) = await RunAsync("keys", "list");
        Assert.Contains("door", list, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Trim(), list, StringComparison.Ordinal);
        var id = list.Split('\n').Single(l => l.Contains("door", StringComparison.Ordinal)).Split(' ')[0];
        Assert.Equal(0, (await RunAsync("keys", "revoke", id)).Code);
        Assert.True(SpinWait.SpinUntil(() => _box.App.Services.GetRequiredService<ApiKeys>().Find(key.Trim()) is null, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Commands_AreWrittenDown_BesideARunningBox()
    {
        var (_, key) = await RunAsync("keys", "add", "--name", "door", "--role", "viewer");
        var id = (await RunAsync("keys", "list")).Text.Split('\n').Single(l => l.Contains("door", StringComparison.Ordinal)).Split(' ')[0];
        await RunAsync("keys", "revoke", id);
        await RunAsync("setup-code");
        await _box.JsonAsync("POST", "/api/v1/api-keys", new { name = "after", role = "viewer" }, 201);
        var copies = Directory.CreateDirectory(Path.Combine(_box.Folder, "recordings"));
        await RunAsync("volumes", "adopt", copies.FullName);

        var entries = (await _box.JsonAsync("GET", "/api/v1/audit?limit=100")).GetProperty("entries").EnumerateArray().ToList();
        Assert.Equal(
            ["volume.adopted", "setup_code.made", "key.revoked", "key.added"],
            entries.Where(e => e.GetProperty("actor").GetString() == "command").Select(e => e.GetProperty("action").GetString()));
        Assert.DoesNotContain(key.Trim(), string.Concat(entries.Select(e => e.GetRawText())), StringComparison.Ordinal);
        Assert.True((await _box.JsonAsync("GET", "/api/v1/audit/verify")).GetProperty("sound").GetBoolean());
    }

    [Fact]
    public async Task CommandsOfAStoppedBox_AreWrittenDown()
    {
        var lines = new Queue<string[]>([["secrets", "rotate"], ["secrets", "rekey"]]);
        await _box.RestartAsync("", whileDown: _ => Assert.Equal(0, Parse(lines.Dequeue()).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false })));

        var entries = (await _box.JsonAsync("GET", "/api/v1/audit?limit=100")).GetProperty("entries").EnumerateArray();
        Assert.Equal(["secrets.rekeyed", "secrets.rotated"], entries.Where(e => e.GetProperty("actor").GetString() == "command").Select(e => e.GetProperty("action").GetString()));
        Assert.Equal(0, (await RunAsync("audit", "verify")).Code);
    }

    [Fact]
    public async Task SetupCode_MakesTheFirstAccount()
    {
        var (_, code) = await RunAsync("setup-code");
        var (status, body) = await new Browser(_box.Http).SendAsync("POST", "/api/v1/auth/setup", new { code = code.Trim(), name = "anna", password = "correct horse battery" });
        Assert.Equal((201, "admin"), (status, body.GetProperty("user").GetProperty("role").GetString()));
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private ParseResult Parse(string[] line)
    {
        var file = Path.Combine(_box.Folder, "heldar.yaml");
        File.WriteAllText(file, "box: { name: Depot, listen: 'http://127.0.0.1:0', data: ./data, timeZone: Europe/Berlin }\nrecording: { volumes: [{ path: ./recordings }] }\n");
        return BoxCommands.Create().Parse([.. line, "--config", file]);
    }

    private async Task<(int Code, string Text)> RunAsync(params string[] line)
    {
        await using var output = new StringWriter();
        var code = await Parse(line).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output });
        return (code, output.ToString());
    }
}

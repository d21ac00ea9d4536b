using Dapper;
using Heldar.Edge.Audit;
using Heldar.Edge.Store;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Audit;

public sealed class AuditLogTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private BoxStore _store = null!;

    [Fact]
    public async Task Page_ReadsNewestFirst_AndByCamera()
    {
        var log = Log();
        var camera = Guid.CreateVersion7();
        await log.AppendAsync(new AuditEntry("user:anna", "camera.added", "gate") { Camera = camera, Detail = new { audio = true } });
        _clock.Advance(Duration.FromSeconds(1));
        await log.AppendAsync(new AuditEntry("key:door", "settings.changed", "retention"));

        var all = await log.PageAsync(null, null, 10, CancellationToken.None);
        Assert.Equal([("key:door", 2L), ("user:anna", 1L)], all.Select(r => (r.Actor, r.Seq)));
        Assert.Equal("""{"audio":true}""", Assert.Single(await log.PageAsync(null, camera, 10, CancellationToken.None)).Detail);
        Assert.Equal(1, Assert.Single(await log.PageAsync(2, null, 10, CancellationToken.None)).Seq);
    }

    [Fact]
    public async Task Chain_IsSound_HoweverManyWriteAtOnce()
    {
        var log = Log();
        await Task.WhenAll(Enumerable.Range(0, 2500).Select(i => log.AppendAsync(new AuditEntry("box", "test.done", $"{i}"))));

        var verdict = await log.VerifyAsync(null, CancellationToken.None);
        Assert.True(verdict.Sound);
        Assert.Equal(2500, verdict.Entries);
    }

    [Theory]
    [InlineData("UPDATE audit_entry SET actor = 'somebody else' WHERE seq = 3", 3)]
    [InlineData("UPDATE audit_entry SET detail = '{}' WHERE seq = 3", 3)]
    [InlineData("UPDATE audit_entry SET at = 'long ago' WHERE seq = 3", 3)]
    [InlineData("UPDATE audit_entry SET camera = '00000000-0000-0000-0000-000000000000' WHERE seq = 4", 4)]
    [InlineData("UPDATE audit_entry SET hash = 'x' WHERE seq = 5", 5)]
    [InlineData("DELETE FROM audit_entry WHERE seq = 3", 3)]
    [InlineData("UPDATE audit_anchor SET seq = 2; DELETE FROM audit_entry WHERE seq <= 2", 3)]
    [InlineData("UPDATE audit_entry SET seq = 9 WHERE seq = 5", 5)]
    [InlineData("UPDATE audit_anchor SET hash = 'x'", 1)]
    public async Task Verify_NamesTheFirstRowThatDoesNotFit(string tampering, long broken)
    {
        var log = Log();
        for (var i = 1; i <= 5; i++) await log.AppendAsync(new AuditEntry("user:anna", "test.done", $"{i}") { Detail = new { i } });
        var head = (await log.VerifyAsync(null, CancellationToken.None)).Head;
        await _store.EnqueueAsync(db => db.Execute("DROP TRIGGER audit_entry_stands; DROP TRIGGER audit_entry_stays"));
        await _store.EnqueueAsync(db => db.Execute(tampering));

        var verdict = await log.VerifyAsync(head, CancellationToken.None);
        Assert.Equal(broken, verdict.FirstBroken);
        Assert.False(verdict.Sound);

        // A damaged log is still written on: what happens now is more important than a clean verdict.
        await log.AppendAsync(new AuditEntry("box", "test.done", "after"));
        Assert.Equal(broken, (await log.VerifyAsync(null, CancellationToken.None)).FirstBroken);
    }

    [Fact]
    public async Task Verify_MissesARememberedHead_WhenTheNewestRowsWereCutOff()
    {
        var log = Log();
        for (var i = 1; i <= 5; i++) await log.AppendAsync(new AuditEntry("user:anna", "test.done", $"{i}"));
        var head = (await log.VerifyAsync(null, CancellationToken.None)).Head;
        Assert.True((await log.VerifyAsync(head, CancellationToken.None)).HeadFound);

        await _store.EnqueueAsync(db => db.Execute("DROP TRIGGER audit_entry_stays; DELETE FROM audit_entry WHERE seq > 3"));

        Assert.Null((await log.VerifyAsync(null, CancellationToken.None)).FirstBroken);
        Assert.False((await log.VerifyAsync(head, CancellationToken.None)).Sound);
    }

    [Theory]
    [InlineData("UPDATE audit_entry SET actor = 'x'")]
    [InlineData("DELETE FROM audit_entry WHERE seq = 1")]
    public async Task Database_RefusesToChangeOrDeleteRows(string sql)
    {
        await Log().AppendAsync(new AuditEntry("user:anna", "test.done", "1"));
        await Assert.ThrowsAnyAsync<SqliteException>(() => _store.EnqueueAsync(db => db.Execute(sql)));
    }

    [Fact]
    public async Task OldestRows_MakeRoomByNumber_AndTheChainStaysSound()
    {
        var log = new AuditLog(_store, _store, _clock, kept: 1500);
        await _store.EnqueueAsync(db =>
        {
            for (var i = 1; i <= 3200; i++) log.Append(db, new AuditEntry("box", "test.done", $"{i}"));
        });

        var verdict = await log.VerifyAsync(null, CancellationToken.None);
        Assert.True(verdict.Sound);
        Assert.Equal((1500L, 1700L), (verdict.Anchor, verdict.Entries));
    }

    [Fact]
    public async Task Entry_StandsOrFallsWithTheDeed()
    {
        var log = Log();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _store.EnqueueAsync(db =>
        {
            log.Append(db, new AuditEntry("user:anna", "test.done", "1"));
            throw new InvalidOperationException();
        }));
        Assert.Equal(0, (await log.VerifyAsync(null, CancellationToken.None)).Entries);
    }

    [Fact]
    public async Task Detail_HoldsNoSecrets()
    {
        var log = Log();
        await log.AppendAsync(new AuditEntry("user:anna", "camera.added", "gate")
        {
            Detail = new
            {
                Password = "letmein-1",
                nested = new { newPassword = "letmein-2", list = new[] { "rtsp://admin:letmein-3@10.0.0.9/stream?user=1" } },
                recoveryCodes = new[] { "letmein-4" },
                secret = new { any = "letmein-5" },
                totp = true,
                name = "Gate",
            },
        });

        var detail = Assert.Single(await log.PageAsync(null, null, 10, CancellationToken.None)).Detail;
        Assert.DoesNotContain("letmein", detail, StringComparison.Ordinal);
        Assert.Equal("""{"password":"***","nested":{"newPassword":"***","list":["rtsp://***@10.0.0.9/stream?user=1"]},"recoveryCodes":"***","secret":"***","totp":true,"name":"Gate"}""", detail);
    }

    [Fact]
    public async Task HostileText_BecomesOneBoundedLine()
    {
        var log = Log();
        await log.AppendAsync(new AuditEntry("user:\u202Eanna\nroot\uD800", "test.done", new string('x', 10_000)) { Detail = new { big = new string('y', 20_000) } });

        var row = Assert.Single(await log.PageAsync(null, null, 10, CancellationToken.None));
        Assert.Equal("user:\uFFFDanna\uFFFDroot\uFFFD", row.Actor);
        Assert.Equal((256, """{"truncated":true}"""), (row.Target.Length, row.Detail));
        Assert.True((await log.VerifyAsync(null, CancellationToken.None)).Sound);
        await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync(new AuditEntry("box", "No Word!", "1")));
    }

    public ValueTask InitializeAsync()
    {
        _store = BoxStore.Open(new StoreOptions { File = _folder.File("box.db") }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    private AuditLog Log() => new(_store, _store, _clock);
}

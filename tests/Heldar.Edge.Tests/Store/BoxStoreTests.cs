using Dapper;
using Heldar.Edge.Store;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Store;

public sealed class BoxStoreTests : IDisposable
{
    private static readonly StoreMigration First = new("0001_first", "CREATE TABLE item (id TEXT PRIMARY KEY, n INTEGER, r REAL, b BLOB, at TEXT); CREATE TABLE other (x INTEGER)");
    private readonly string _folder = Directory.CreateTempSubdirectory("heldar-store-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Store_ReadsBackWhatItWrote_ThroughDapper()
    {
        await using var store = Open(First);
        var (id, at) = (Guid.CreateVersion7(), Instant.FromUtc(2026, 1, 2, 3, 4, 5));

        await store.EnqueueAsync(db => db.Execute("INSERT INTO item VALUES (@id, @n, @r, @b, @at)", new { id, n = 7L, r = 0.5, b = new byte[] { 1, 2 }, at }));
        var row = await store.ReadAsync(db => db.QuerySingle<Item>("SELECT id, n, r, b, at FROM item WHERE id IN @ids", new { ids = new[] { id } }));

        Assert.Equal((id, 7L, 0.5, at), (row.Id, row.N, row.R, row.At));
        Assert.Equal([1, 2], row.B!);
    }

    [Fact]
    public async Task Store_KeepsTypes_WhenTheFirstRowIsNull()
    {
        await using var store = Open(First);
        await store.EnqueueAsync(db => db.Execute("INSERT INTO item (id, n) VALUES ('a', NULL), ('b', 3)"));

        var rows = await store.ReadAsync(db => db.Query<long?>("SELECT n FROM item ORDER BY id").AsList());

        Assert.Equal([null, 3L], rows);
    }

    [Fact]
    public async Task Store_CountsRows_WithoutThoseOfTriggers()
    {
        await using var store = Open(First);
        var counts = new List<int>();
        await store.EnqueueAsync(db =>
        {
            db.Execute("CREATE TRIGGER item_gone AFTER DELETE ON item BEGIN INSERT INTO other VALUES (1), (2); END");
            foreach (var sql in (string[])
            [
                "INSERT INTO item (id) VALUES ('a'), ('b'), ('c')",
                "DELETE FROM item WHERE id = 'a'",
                "DELETE FROM item WHERE id = 'a'",
                "DELETE FROM item WHERE id = 'b'; SELECT 1; UPDATE other SET x = 5; DELETE FROM item WHERE id = 'x'",
            ]) counts.Add(db.Execute(sql));
        });

        Assert.Equal([3, 1, 0, 1 + 4], counts);
    }

    [Fact]
    public async Task Writer_UndoesOnlyTheWorkThatFails()
    {
        await using var store = Open(First);
        var works = Enumerable.Range(0, 50).Select(i => store.EnqueueAsync(db =>
        {
            db.Execute("INSERT INTO other VALUES (@i)", new { i });
            if (i % 10 == 3) throw new InvalidDataException("no");
        })).ToList();

        var outcomes = await Task.WhenAll(works.Select(async w => await Record.ExceptionAsync(() => w)));
        var kept = await store.ReadAsync(db => db.Query<int>("SELECT x FROM other ORDER BY x").AsList());

        Assert.Equal(5, outcomes.Count(e => e is InvalidDataException));
        Assert.Equal(Enumerable.Range(0, 50).Where(i => i % 10 != 3), kept);
    }

    [Fact]
    public async Task Store_KeepsItsRows_WhenOpenedAgain()
    {
        await using (var store = Open(First)) await store.EnqueueAsync(db => db.Execute("INSERT INTO other VALUES (1)"));

        await using var again = Open(First, new StoreMigration("0002_more", "ALTER TABLE other ADD COLUMN y INTEGER"));
        Assert.Equal(1, await again.ReadAsync(db => db.ExecuteScalar<int>("SELECT count(*) FROM other WHERE y IS NULL")));
    }

    [Fact]
    public async Task Store_RefusesANewerSchema()
    {
        await using (Open(First, new StoreMigration("0002_more", "CREATE TABLE more (x INTEGER)")))
        {
        }

        var error = Assert.Throws<NewerSchemaException>(() => Open(First));
        Assert.Contains("0002_more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migration_LeavesNothing_WhenItFails()
    {
        Assert.Throws<SqliteException>(() => Open(First, new StoreMigration("0002_bad", "CREATE TABLE good (x INTEGER); CREATE NONSENSE")));

        await using var store = Open(First);
        Assert.Equal(0, await store.ReadAsync(db => db.ExecuteScalar<int>("SELECT count(*) FROM sqlite_master WHERE name = 'good'")));
    }

    [Fact]
    public void Store_ReportsDamage_WhenTheFileIsNoDatabase()
    {
        File.WriteAllText(Path.Combine(_folder, "box.db"), new string('x', 10_000));

        Assert.True(Assert.Throws<SqliteException>(() => Open(First)).IsDamage);
    }

    [Fact]
    public async Task Reader_CannotWrite()
    {
        await using var store = Open(First);

        await Assert.ThrowsAsync<SqliteException>(() => store.ReadAsync(db => db.Execute("INSERT INTO other VALUES (1)")));
    }

    [Fact]
    public async Task Reader_ThatThrew_IsClosed()
    {
        await using var store = Open(First);
        for (var i = 0; i < 50; i++)
        {
            await Assert.ThrowsAsync<SqliteException>(() => store.ReadAsync(db => db.Query<long>("SELECT nothing FROM other").AsList()));
            await Assert.ThrowsAsync<InvalidDataException>(() => store.ReadAsync<int>(_ => throw new InvalidDataException("no")));
        }

        var handles = Directory.EnumerateFiles("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget == Path.Combine(_folder, "box.db"));
        // SQLite may keep a handle or two for the next connection while another one is open.
        Assert.InRange(handles, 1, 4);
        Assert.Equal(1, await store.ReadAsync(_ => 1));
    }

    [Fact]
    public async Task Store_RefusesWork_AfterItWasClosed()
    {
        var store = Open(First);
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.EnqueueAsync(_ => { }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.ReadAsync(_ => 1));
    }

    private BoxStore Open(params StoreMigration[] migrations) =>
        BoxStore.Open(new StoreOptions { File = Path.Combine(_folder, "box.db") }, migrations, NullLogger<BoxStore>.Instance);

    private sealed class Item
    {
        public Guid Id { get; init; }

        public long N { get; init; }

        public double R { get; init; }

        public byte[]? B { get; init; }

        public Instant At { get; init; }
    }
}

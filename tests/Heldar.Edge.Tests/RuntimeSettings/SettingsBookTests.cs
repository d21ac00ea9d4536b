using System.Data.Common;
using System.Text.Json.Nodes;
using Heldar.Edge.Audit;
using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Heldar.Edge.Tests.RuntimeSettings;

public sealed class SettingsBookTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly BoxStore _store;
    private readonly SettingsGroup<Things> _group = Group();

    public SettingsBookTests() => _store = BoxStore.Open(new StoreOptions { File = _folder.File("box.db") }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);

    [Fact]
    public async Task Change_SaysWhichSettingsNeedARestart()
    {
        using var book = Book(_group, new Notes());

        var (problems, atRestart) = await book.ChangeAsync(Json("""{"things":{"port":2,"word":"b"}}"""), "key:a", CancellationToken.None);

        Assert.Empty(problems);
        Assert.Equal(["things.port"], atRestart);
        Assert.Equal(new Things(2, "b"), _group.Current);
    }

    [Fact]
    public async Task SameValue_IsNoChange()
    {
        var notes = new Notes();
        using var book = Book(_group, notes);

        var (_, atRestart) = await book.ChangeAsync(Json("""{"things":{"port":1}}"""), "key:a", CancellationToken.None);

        Assert.Empty(atRestart);
        Assert.Empty(notes.Entries);
    }

    [Fact]
    public async Task Change_DoesNotHold_WhenItCannotBeKept()
    {
        using var book = Book(_group, new Notes { Fails = true });

        await Assert.ThrowsAsync<InvalidOperationException>(() => book.ChangeAsync(Json("""{"things":{"port":2}}"""), "key:a", CancellationToken.None));

        Assert.Equal(1, _group.Current.Port);
        var again = Group();
        using var next = Book(again, new Notes());
        await next.LoadAsync(CancellationToken.None);
        Assert.Equal(1, again.Current.Port);
    }

    [Fact]
    public async Task Load_KeepsTheFile_WhenWhatWasKeptIsNoLongerAllowed()
    {
        using (var book = Book(_group, new Notes())) await book.ChangeAsync(Json("""{"things":{"port":900}}"""), "key:a", CancellationToken.None);
        var stricter = new SettingsGroup<Things>("things", new Things(1, "a"), t => t.Port > 100 ? ["port is too large"] : []);
        using var next = Book(stricter, new Notes());

        await next.LoadAsync(CancellationToken.None);

        Assert.Equal(1, stricter.Current.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    private static SettingsGroup<Things> Group() => new("things", new Things(1, "a"), _ => []) { NeedRestart = ["port"] };

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    private SettingsBook Book(ISettingsGroup group, IAuditLog audit) => new([group], _store, _store, audit, NullLogger<SettingsBook>.Instance);

    private sealed record Things(int Port, string Word);

    private sealed class Notes : IAuditLog
    {
        public List<AuditEntry> Entries { get; } = [];

        public bool Fails { get; init; }

        public void Append(DbConnection tx, AuditEntry entry)
        {
            if (Fails) throw new InvalidOperationException("no room");
            Entries.Add(entry);
        }

        public Task AppendAsync(AuditEntry entry, CancellationToken cancellation = default) => throw new NotSupportedException("settings are audited in their own transaction");
    }
}

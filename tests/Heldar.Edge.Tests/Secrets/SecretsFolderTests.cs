using System.Text;
using Dapper;
using Heldar.Edge.Secrets;
using Heldar.Edge.Store;

namespace Heldar.Edge.Tests.Secrets;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SecretsFolderTests : IDisposable
{
    private static readonly SealedColumn[] Columns = [new("thing", "id", "secret", id => $"thing/{id}/secret")];
    private readonly TemporaryFolder _folder = new();
    private readonly SecretsFolder _secrets;

    public SecretsFolderTests() => _secrets = new SecretsFolder(_folder.Path, Columns);

    private string KeyPath => _folder.File("secrets.key");

    [Fact]
    public void Open_MakesAPrivateKeyOnce()
    {
        var first = _secrets.Open();

        Assert.Equal(first.Active.Id, _secrets.Open().Active.Id);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
    }

    [Fact]
    public void Open_RefusesAMissingKey_AndMakesNone()
    {
        var key = Fill("a", "b");
        var database = Content();
        File.Delete(KeyPath);

        var error = Assert.Throws<SecretsException>(_secrets.Open);

        Assert.Contains(KeyPath + " is missing", error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Contains("backup", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(KeyPath));
        Assert.Equal(database, Content());
        Assert.Throws<SecretsException>(() => _secrets.Rotate());
        Assert.Throws<SecretsException>(() => _secrets.Rekey());
        Assert.False(File.Exists(KeyPath));
    }

    [Fact]
    public void Open_OfADatabaseThatCannotBeRead_TakesTheKey_AndNeverMakesOne()
    {
        Fill("a");
        var key = File.ReadAllBytes(KeyPath);
        // Its log cannot be opened, so neither can the database.
        Directory.CreateDirectory(_folder.File("box.db-wal"));

        _secrets.Open();
        Assert.Equal(key, File.ReadAllBytes(KeyPath));
        Assert.Throws<SqliteException>(() => _secrets.Rotate());
        Assert.Throws<SqliteException>(() => _secrets.Rekey());
        Assert.Throws<SqliteException>(() => _secrets.Usage());

        File.Delete(KeyPath);
        Assert.Contains("cannot be read", Assert.Throws<SecretsException>(_secrets.Open).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(KeyPath));
    }

    [Fact]
    public void Open_RefusesAnotherKey_AndOverwritesNothing()
    {
        var key = Fill("a");
        var foreign = new KeyRing([SecretKey.New()]).ToFile();
        File.WriteAllBytes(KeyPath, foreign);

        var error = Assert.Throws<SecretsException>(_secrets.Open);

        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Throws<SecretsException>(() => _secrets.Rekey());
        Assert.Equal(foreign, File.ReadAllBytes(KeyPath));
    }

    [Fact]
    public void Open_RefusesADamagedKeyFile_AndOverwritesNothing()
    {
        Fill("a");
        File.WriteAllBytes(KeyPath, [1, 2, 3]);

        Assert.Throws<SecretsException>(_secrets.Open);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(KeyPath));
    }

    [Fact]
    public void Open_SealsWhatWasLeftInClear_AndWipesIt()
    {
        Fill();
        Sql("INSERT INTO thing VALUES ('a', 'rtsp://10.0.0.1/clear-token')");
        Assert.Contains("clear-token", Content(), StringComparison.Ordinal);

        var box = new SecretBox(_secrets.Open());

        Assert.DoesNotContain("clear-token", Content(), StringComparison.Ordinal);
        Assert.Equal("rtsp://10.0.0.1/clear-token", box.Unseal(Texts().Single(), "thing/a/secret").Reveal());
    }

    [Fact]
    public void Rotate_SealsWithANewKey_WhileTheOldOneStillOpens()
    {
        var old = Fill("a");

        var ring = _secrets.Rotate();

        Assert.Equal(2, _secrets.Open().Keys.Length);
        Assert.NotEqual(old, ring.Active.Id);
        Assert.Equal("a", new SecretBox(_secrets.Open()).Unseal(Texts().Single(), "thing/a/secret").Reveal());
    }

    [Fact]
    public void Rekey_LeavesOneKey_ThatOpensEverything_AndNoTraceOfTheOldOne()
    {
        var old = Fill("a", "b");
        _secrets.Rotate();

        var (ring, count) = _secrets.Rekey();

        Assert.Equal(2, count);
        Assert.Equal([ring.Active.Id], _secrets.Open().Keys.Select(k => k.Id));
        Assert.Equal(["a", "b"], Opened());
        Assert.DoesNotContain($"enc:v1:{old}", Content(), StringComparison.Ordinal);
        Assert.Equal(0, _secrets.Rekey().Resealed);
    }

    [Theory]
    [InlineData("sealed")]
    [InlineData("verified")]
    public void Rekey_GoesOn_WhereItWasInterrupted(string step)
    {
        Fill("a", "b");
        _secrets.Rotate();

        Assert.Throws<OperationCanceledException>(() => _secrets.Rekey(done =>
        {
            if (done == step) throw new OperationCanceledException();
        }));

        Assert.Equal(2, _secrets.Open().Keys.Length);
        Assert.Equal(["a", "b"], Opened());
        _secrets.Rekey();
        Assert.Single(_secrets.Open().Keys);
        Assert.Equal(["a", "b"], Opened());
    }

    [Fact]
    public void Rekey_KeepsEveryKey_WhenATextDoesNotOpen()
    {
        Fill("a", "b");
        Sql("UPDATE thing SET secret = (SELECT secret FROM thing WHERE id = 'a') WHERE id = 'b'");
        _secrets.Rotate();

        var error = Assert.Throws<SecretsException>(() => _secrets.Rekey());

        Assert.Contains("thing.secret of b", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, _secrets.Open().Keys.Length);
    }

    [Fact]
    public void Rekey_NoticesASwappedText_ThatTheActiveKeySealed()
    {
        Fill("a", "b");
        _secrets.Rotate();
        _secrets.Rekey();
        Sql("UPDATE thing SET secret = (SELECT secret FROM thing WHERE id = 'a') WHERE id = 'b'");

        Assert.Throws<SecretsException>(() => _secrets.Rekey());
    }

    [Fact]
    public void Rotate_RefusesAFullRing()
    {
        for (var i = 1; i < KeyRing.MaxKeys; i++) _secrets.Rotate();

        Assert.Throws<SecretsException>(() => _secrets.Rotate());
    }

    public void Dispose() => _folder.Dispose();

    private string Fill(params string[] names)
    {
        Sql("CREATE TABLE thing (id TEXT PRIMARY KEY, secret TEXT)");
        var ring = _secrets.Open();
        foreach (var name in names) Sql($"INSERT INTO thing VALUES ('{name}', '{new SecretBox(ring).Seal(new Secret(name), $"thing/{name}/secret")}')");
        return ring.Active.Id;
    }

    private IEnumerable<string> Opened()
    {
        var box = new SecretBox(_secrets.Open());
        using var db = Connect();
        return [.. Columns[0].Rows(db).OrderBy(r => r.Id, StringComparer.Ordinal).Select(r => box.Unseal(r.Text, $"thing/{r.Id}/secret").Reveal())];
    }

    private List<string> Texts()
    {
        using var db = Connect();
        return [.. db.Query<string>("SELECT secret FROM thing")];
    }

    private string Content() => string.Concat(Directory.GetFiles(_folder.Path, "box.db*").Order(StringComparer.Ordinal).Select(f => Encoding.Latin1.GetString(File.ReadAllBytes(f))));

    private void Sql(string sql)
    {
        using var db = Connect();
        db.Execute(sql);
    }

    private SqliteConnection Connect()
    {
        var db = new SqliteConnection(_folder.File("box.db"));
        db.Open();
        return db;
    }
}

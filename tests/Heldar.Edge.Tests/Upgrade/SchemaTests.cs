using Dapper;
using Heldar.Edge.Store;
using Heldar.Edge.Upgrade;

namespace Heldar.Edge.Tests.Upgrade;

public sealed class SchemaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Compare_KnowsOlderSameAndNewer()
    {
        StoreMigration[] now = [new("0001_a", "CREATE TABLE a (x)"), new("0002_b", "CREATE TABLE b (x)")];
        var file = _folder.File("box.db");
        Assert.Equal(SchemaState.None, StoreSchema.Compare(file, now));

        Apply(now[..1]);
        Assert.Equal(SchemaState.Older, StoreSchema.Compare(file, now));
        Apply(now);
        Assert.Equal(SchemaState.Same, StoreSchema.Compare(file, now));
        Assert.Equal(SchemaState.Newer, StoreSchema.Compare(file, now[..1]));

        void Apply(StoreMigration[] steps)
        {
            using var database = new SqliteConnection(file);
            database.Open();
            StoreSchema.Apply(database, steps);
        }
    }

    [Fact]
    public void Apply_RefusesANewerDatabase_AndSaysHowToGoBack()
    {
        using var database = new SqliteConnection(_folder.File("box.db"));
        database.Open();
        StoreSchema.Apply(database, [new("0001_a", "CREATE TABLE a (x)"), new("0002_b", "CREATE TABLE b (x)")]);

        var refused = Assert.Throws<NewerSchemaException>(() => StoreSchema.Apply(database, [new("0001_a", "CREATE TABLE a (x)"), new("0003_c", "CREATE TABLE c (x)")]));
        Assert.Contains("0002_b", refused.Message, StringComparison.Ordinal);
        Assert.Contains("heldar-edge-upgrade rollback", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["a", "b", "schema_migration"], database.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "127.0.0.1")]
    [InlineData("http://localhost:1", "127.0.0.1")]
    [InlineData("http://0.0.0.0:1", "127.0.0.1")]
    [InlineData("http://[::]:1", "::1")]
    [InlineData("http://192.0.2.4:1", "192.0.2.4")]
    public void Host_IsWhereThisMachineReachesTheApi(string listen, string expected) => Assert.Equal(expected, SchemaCommand.Host(new Uri(listen)));
}

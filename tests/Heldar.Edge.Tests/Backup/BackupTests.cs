using System.Formats.Tar;
using System.Text;
using Dapper;
using Heldar.Edge.Backup;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Backup;

public sealed class BackupTests : IDisposable
{
    private const string Owner = "camera/one/password";
    private static readonly Secret Phrase = new("a phrase for a backup");
    private static readonly UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RoundTrip_BringsBackKeysSecretsAndDatabase_WhileTheBoxWrites(bool encrypted)
    {
        var (settings, sealedText) = Box();
        var passphrase = encrypted ? Phrase : null;
        await using (var store = Open(settings))
        {
            await store.EnqueueAsync(db => db.Execute("CREATE TABLE kept (text TEXT); INSERT INTO kept VALUES (@sealedText)", new { sealedText }));
            var writer = new BackupWriter(settings, SystemClock.Instance);
            writer.Write(_folder.File("backup"), passphrase);
            Assert.Equal([$"{_folder.File("outside.secret")} is named by the settings and lies outside of their folder: keep it yourself"], writer.Notes);
        }

        Assert.Equal(Private, File.GetUnixFileMode(_folder.File("backup")));
        Assert.Equal(!encrypted, File.ReadAllText(_folder.File("backup"), Encoding.Latin1).Contains("the key of gate", StringComparison.Ordinal));
        var data = Restorer.Restore(_folder.File("backup"), _folder.File("new/heldar.yaml"), passphrase);

        Assert.Equal(_folder.File("new/data"), data);
        Assert.Equal(File.ReadAllText(settings.File), File.ReadAllText(_folder.File("new/heldar.yaml")));
        Assert.Equal("the key of gate", File.ReadAllText(_folder.File("new/secrets/gate")));
        Assert.Equal(Private, File.GetUnixFileMode(Path.Combine(data, "secrets.key")));
        Assert.Equal("1000007", File.ReadAllText(Path.Combine(data, "boot-seq")));
        Assert.Equal(["boot-seq", "box.db", "nested/thing", "secrets.key"], Files(data));
        Assert.Equal(["data", "heldar.yaml", "secrets"], Directory.EnumerateFileSystemEntries(_folder.File("new")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var restored = SettingsReader.ReadFile(_folder.File("new/heldar.yaml"), _ => null);
        await using var opened = Open(restored);
        var text = await opened.ReadAsync(db => db.QuerySingle<string>("SELECT text FROM kept"));
        Assert.Equal("camera password", new SecretBox(KeyRing.Parse(File.ReadAllBytes(Path.Combine(data, "secrets.key")))).Unseal(text, Owner).Reveal());
        Assert.NotEqual(await EpochAsync(settings), await opened.ReadAsync(db => db.QuerySingle<string>("SELECT epoch FROM outbox_meta")));
    }

    [Fact]
    public void Write_NeverOverwrites()
    {
        var (settings, _) = Box();
        File.WriteAllText(_folder.File("backup"), "mine");

        Assert.Throws<BackupException>(() => new BackupWriter(settings, SystemClock.Instance).Write(_folder.File("backup"), Phrase));
        Assert.Equal("mine", File.ReadAllText(_folder.File("backup")));
        Assert.DoesNotContain(Directory.EnumerateDirectories(_folder.Path), d => Path.GetFileName(d).StartsWith(".heldar", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("new/heldar.yaml")]
    [InlineData("new/data/some.file")]
    [InlineData("new/secrets/gate")]
    public void Restore_NeverOverwrites(string there)
    {
        var (settings, _) = Box();
        new BackupWriter(settings, SystemClock.Instance).Write(_folder.File("backup"), Phrase);
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(there))!);
        File.WriteAllText(_folder.File(there), "mine");

        Assert.Throws<BackupException>(() => Restorer.Restore(_folder.File("backup"), _folder.File("new/heldar.yaml"), Phrase));
        Assert.Equal("mine", File.ReadAllText(_folder.File(there)));
        Assert.Equal([there["new/".Length..]], Files(_folder.File("new")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Restore_RefusesDamage_AndLeavesNothing(bool encrypted)
    {
        var (settings, _) = Box();
        new BackupWriter(settings, SystemClock.Instance).Write(_folder.File("backup"), encrypted ? Phrase : null);
        var whole = File.ReadAllBytes(_folder.File("backup"));
        // Of a plain tar, the padding of entries may change: nothing of it comes back.
        var content = whole.AsSpan().IndexOf("the key of gate"u8);
        Assert.Equal(encrypted, content < 0);
        foreach (var damaged in (byte[][])[Changed(whole, encrypted ? whole.Length / 2 : content), whole[..(whole.Length / 2)], whole[..^(encrypted ? 1 : 4096)], whole[..512], []])
        {
            File.WriteAllBytes(_folder.File("damaged"), damaged);
            Assert.Throws<BackupException>(() => Restorer.Restore(_folder.File("damaged"), _folder.File("new/heldar.yaml"), encrypted ? Phrase : null));
            Assert.Empty(Files(_folder.File("new")));
        }
    }

    [Fact]
    public void Restore_RefusesAnotherPassphrase_AndAMissingOne_AndOneTooMany()
    {
        var (settings, _) = Box();
        new BackupWriter(settings, SystemClock.Instance).Write(_folder.File("backup"), Phrase);
        new BackupWriter(settings, SystemClock.Instance).Write(_folder.File("plain"), null);

        Assert.Throws<BackupException>(() => Restorer.Restore(_folder.File("backup"), _folder.File("new/heldar.yaml"), new Secret("another phrase")));
        Assert.Throws<BackupException>(() => Restorer.Restore(_folder.File("backup"), _folder.File("new/heldar.yaml"), null));
        Assert.Throws<BackupException>(() => Restorer.Restore(_folder.File("plain"), _folder.File("new/heldar.yaml"), Phrase));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("data/../../outside")]
    [InlineData("/tmp/outside")]
    [InlineData("config/")]
    [InlineData("other/file")]
    [InlineData("data//file")]
    [InlineData("data/a\\b")]
    public void Restore_RefusesNamesThatLeaveTheirFolder(string name) => RefusedTar(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) });

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public void Restore_RefusesLinks(TarEntryType kind) => RefusedTar(new PaxTarEntry(kind, "data/link") { LinkName = "/etc/passwd" });

    private void RefusedTar(TarEntry hostile)
    {
        using (var file = File.Create(_folder.File("hostile")))
        using (var tar = new TarWriter(file, TarEntryFormat.Pax))
        {
            var head = """{"format":1,"box":"b","version":"1.0.0","created":"2026-01-01T00:00:00Z","dataFolder":"data"}""";
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "heldar-backup.json") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(head)) });
            tar.WriteEntry(hostile);
        }

        Assert.Throws<BackupException>(() => Restorer.Restore(_folder.File("hostile"), _folder.File("new/heldar.yaml"), null));
        Assert.Empty(Files(_folder.File("new")));
        Assert.False(File.Exists(_folder.File("outside")) || File.Exists("/tmp/outside"));
    }

    private static byte[] Changed(byte[] file, int at)
    {
        byte[] changed = [.. file];
        changed[at] ^= 1;
        return changed;
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal);

    private static BoxStore Open(BoxSettings settings) => BoxStore.Open(new StoreOptions { File = Path.Combine(settings.DataFolder, "box.db") }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);

    private static async Task<string> EpochAsync(BoxSettings settings)
    {
        await using var store = Open(settings);
        return await store.ReadAsync(db => db.QuerySingle<string>("SELECT epoch FROM outbox_meta"));
    }

    /// <summary>The folder of a box that has run.</summary>
    private (BoxSettings Settings, string SealedText) Box()
    {
        Directory.CreateDirectory(_folder.File("old/secrets"));
        Directory.CreateDirectory(_folder.File("old/data/nested"));
        Directory.CreateDirectory(_folder.File("old/data/footage"));
        File.WriteAllText(_folder.File("old/secrets/gate"), "the key of gate");
        File.WriteAllText(_folder.File("outside.secret"), "x");
        File.WriteAllText(
            _folder.File("old/heldar.yaml"),
            "box: { name: b }\nrecording: { volumes: [{ path: ./data/footage }] }\ncameras:\n"
            + "  - { id: gate, url: 'rtsp://127.0.0.1/1', username: u, passwordFile: secrets/gate }\n  - { id: yard, url: 'rtsp://127.0.0.1/2', username: u, passwordFile: ../outside.secret }\n");
        var ring = new KeyRing([SecretKey.New()]);
        KeyFile.Write(_folder.File("old/data/secrets.key"), ring.ToFile());
        File.WriteAllText(_folder.File("old/data/boot-seq"), "7");
        foreach (var left in (string[])["box.lock", "box.pid", "half.new", "footage/a.mp4"]) File.WriteAllText(_folder.File("old/data/" + left), "x");
        File.WriteAllText(_folder.File("old/data/nested/thing"), "y");
        File.CreateSymbolicLink(_folder.File("old/data/link"), "/etc/passwd");
        return (SettingsReader.ReadFile(_folder.File("old/heldar.yaml"), _ => null), new SecretBox(ring).Seal(new Secret("camera password"), Owner));
    }
}

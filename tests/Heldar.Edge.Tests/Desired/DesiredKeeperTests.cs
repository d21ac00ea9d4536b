using System.Security.Cryptography;
using System.Text;
using Dapper;
using Heldar.Edge.Desired;
using Heldar.Edge.Store;
using Heldar.Media.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Heldar.Edge.Tests.Desired;

/// <summary>The file alone, beside a real database: whose copy it is, and what of a hostile one comes in (nothing).</summary>
public sealed class DesiredKeeperTests : IAsyncDisposable
{
    private const string Schedule = "INSERT INTO camera_schedule (id, camera, name, days, start_s, end_s, enabled) VALUES ('019aa000-0000-7000-8000-00000000000{0}', '019aa000-0000-7000-8000-0000000000aa', 'week', 31, 0, 3600, 1)";
    private readonly TemporaryFolder _folder = new();
    private BoxStore _store;
    private DesiredKeeper _keeper;

    public DesiredKeeperTests() => (_store, _keeper) = Open();

    private string Path => _folder.File(DesiredFile.Name);

    [Fact]
    public async Task EveryCut_AndEveryChangedByte_IsRefused_AndKeptAsItIs()
    {
        await WantAsync(1);
        var whole = await File.ReadAllBytesAsync(Path);
        var random = new Random(11);
        for (var round = 0; round < 60; round++)
        {
            var bytes = round < 20 ? whole[..random.Next(whole.Length)] : [.. whole];
            if (round >= 20) bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
            await LoseDatabaseAsync();
            await File.WriteAllBytesAsync(Path, bytes);

            await _keeper.RestoreAsync(CancellationToken.None);

            // Time and counters of the first line may be changed to others that make sense; the rows are whole then. Everything else is refused.
            if (await CountAsync() == 1) continue;
            Assert.Equal(bytes, await File.ReadAllBytesAsync(Path + DesiredKeeper.Refused));
            Assert.Contains("it is kept as desired.json.refused", Assert.Single(_keeper.Warnings), StringComparison.Ordinal);
            await _keeper.KeepAsync(CancellationToken.None);
            Assert.True(File.Exists(Path));
            File.Delete(Path + DesiredKeeper.Refused);
        }
    }

    [Theory]
    [InlineData("""{"users; DROP TABLE camera; --":[{"id":"1"}]}""", "no table")]
    [InlineData("""{"user_account":[{"id":"1","name":"evil"}]}""", "no table")]
    [InlineData("""{"camera_schedule":[{"id) VALUES (1); DROP TABLE camera; --":"1"}]}""", "does not know")]
    [InlineData("""{"camera_schedule":[{}]}""", "no column")]
    [InlineData("""{"camera_schedule":[null]}""", "row that is none")]
    [InlineData("""{"camera_schedule":null}""", "table or row")]
    [InlineData("""{"camera_schedule":[{"id":["1"]}]}""", "neither text nor number")]
    [InlineData("""{"camera_schedule":[{"id":"no-guid","camera":"no-guid","days":1,"start_s":0,"end_s":5,"enabled":1}]}""", "was not taken over")]
    [InlineData("""{"camera_schedule":[{"id":"019aa000-0000-7000-8000-000000000001","camera":"019aa000-0000-7000-8000-0000000000aa","days":999,"start_s":0,"end_s":5,"enabled":1}]}""", "CHECK constraint")]
    [InlineData("""{"runtime_setting":[{"name":"a","value":"{}"},{"name":"a","value":"{}"}]}""", "UNIQUE constraint")]
    [InlineData("""{"runtime_setting":[{"name":"ok","value":"{}"}],"schedule_exception":[{"id":"019aa000-0000-7000-8000-000000000001","from_date":"2026-02-30","to_date":"x","windows":"1-"}]}""", "was not taken over")]
    [InlineData("""{"camera":[{"uid":"019aa000-0000-7000-8000-0000000000aa","slug":"../../etc","name":"x","url":"x","audio":0,"camera_clock":0,"enabled":1,"owner":0,"created_at":"2026-11-21T04:00:00Z"}]}""", "slug is none")]
    public async Task HostileRows_ComeInNotAtAll(string rows, string why)
    {
        var bytes = Sealed(rows);
        await File.WriteAllBytesAsync(Path, bytes);

        await _keeper.RestoreAsync(CancellationToken.None);

        Assert.Contains(why, Assert.Single(_keeper.Warnings), StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path + DesiredKeeper.Refused));
        Assert.False(await _store.ReadAsync(db => DesiredRows.Any(db, BoxDesired.Tables)));
    }

    [Fact]
    public async Task SealedRows_OfTheTest_ComeIn_WhenTheyAreSound()
    {
        await File.WriteAllBytesAsync(Path, Sealed("""{"camera_schedule":[{"id":"019aa000-0000-7000-8000-000000000001","camera":"019aa000-0000-7000-8000-0000000000aa","days":1,"start_s":0,"end_s":5,"enabled":1}]}"""));

        await _keeper.RestoreAsync(CancellationToken.None);

        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task IntactDatabase_IsRight_WhateverTheFileSays()
    {
        await WantAsync(1);
        var old = await File.ReadAllBytesAsync(Path);
        await WantAsync(2);
        await File.WriteAllBytesAsync(Path, old);
        await ReopenAsync();

        await _keeper.RestoreAsync(CancellationToken.None);
        await _keeper.KeepAsync(CancellationToken.None);

        Assert.Equal(2, await CountAsync());
        Assert.Empty(_keeper.Warnings);
        Assert.Equal(2, DesiredFile.Parse(await File.ReadAllBytesAsync(Path)).Tables["camera_schedule"].Count);
    }

    [Fact]
    public async Task DatabaseOfAnOlderCopy_DoesNotOverwriteTheNewerFile()
    {
        await WantAsync(1);
        await _store.DisposeAsync();
        File.Copy(_folder.File("box.db"), _folder.File("copy"));
        (_store, _keeper) = Open();
        await WantAsync(2);
        var newer = await File.ReadAllBytesAsync(Path);
        await _store.DisposeAsync();
        foreach (var file in Directory.GetFiles(_folder.Path, "box.db*")) File.Delete(file);
        File.Move(_folder.File("copy"), _folder.File("box.db"));
        (_store, _keeper) = Open();

        await _keeper.RestoreAsync(CancellationToken.None);
        await _keeper.KeepAsync(CancellationToken.None);

        Assert.Contains("is newer than the database", Assert.Single(_keeper.Warnings), StringComparison.Ordinal);
        Assert.Equal(newer, await File.ReadAllBytesAsync(Path + DesiredKeeper.Refused));
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task FileOfAnotherDatabase_IsNotTakenOver_ByOneThatIsInUse()
    {
        await WantAsync(1);
        var others = await File.ReadAllBytesAsync(Path);
        await LoseDatabaseAsync();
        File.Delete(Path);
        await WantAsync(2);
        await File.WriteAllBytesAsync(Path, others);
        await ReopenAsync();

        await _keeper.RestoreAsync(CancellationToken.None);

        Assert.Contains("another database", Assert.Single(_keeper.Warnings), StringComparison.Ordinal);
        Assert.Equal(others, await File.ReadAllBytesAsync(Path + DesiredKeeper.Refused));
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task CrashRightAfterTakingOver_ComesBackWithoutANoise()
    {
        await WantAsync(1);
        await LoseDatabaseAsync();
        await _keeper.RestoreAsync(CancellationToken.None);
        await ReopenAsync();

        await _keeper.RestoreAsync(CancellationToken.None);

        Assert.Empty(_keeper.Warnings);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task RefusedFiles_NeverOverwriteEachOther()
    {
        for (var round = 0; round < 3; round++)
        {
            await File.WriteAllTextAsync(Path, $"rubbish {round}");
            await ReopenAsync();
            await _keeper.RestoreAsync(CancellationToken.None);
        }

        Assert.Equal(["rubbish 0", "rubbish 1", "rubbish 2"], Directory.GetFiles(_folder.Path, "desired.json.refused*").Order(StringComparer.Ordinal).Select(File.ReadAllText));
    }

    [Fact]
    public async Task FileThatCannotBeWritten_IsSaid_UntilItCan()
    {
        Directory.CreateDirectory(Path);
        await File.WriteAllTextAsync(System.IO.Path.Combine(Path, "in the way"), "");
        await _keeper.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => _keeper.Warnings.Any(w => w.Contains("cannot be written", StringComparison.Ordinal)), "it is said");

        Directory.Delete(Path, recursive: true);
        await _keeper.StopAsync(CancellationToken.None);

        Assert.Empty(_keeper.Warnings);
        Assert.Equal("", string.Join(',', DesiredFile.Parse(await File.ReadAllBytesAsync(Path)).Tables.Where(t => t.Value.Count > 0).Select(t => t.Key)));
    }

    [Fact]
    public async Task EveryTableOfTheList_IsCounted()
    {
        foreach (var table in BoxDesired.Tables)
        {
            var triggers = await _store.ReadAsync(db => db.Query<string>("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = @name AND name LIKE 'desired_%'", new { name = table.Name }).Order(StringComparer.Ordinal).ToList());
            Assert.Equal([$"desired_{table.Name}_added", $"desired_{table.Name}_changed", $"desired_{table.Name}_removed"], triggers);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _keeper.Dispose();
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    private static byte[] Sealed(string rows) => Encoding.UTF8.GetBytes(
        $$"""{"format":1,"database":"ffffffffffffffffffffffffffffffff","revision":9,"at":"2026-11-21T04:00:00Z","sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(rows)))}}"}""" + "\n" + rows + "\n");

    private (BoxStore Store, DesiredKeeper Keeper) Open()
    {
        var store = BoxStore.Open(new StoreOptions { File = _folder.File("box.db") }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);
        return (store, new DesiredKeeper(_folder.Path, BoxDesired.Tables, store, store, new ManualClock(), NullLogger<DesiredKeeper>.Instance));
    }

    private async Task WantAsync(int number)
    {
        await _store.EnqueueAsync(db => db.Execute(Schedule.Replace("{0}", number.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)));
        await _keeper.KeepAsync(CancellationToken.None);
    }

    private Task<long> CountAsync() => _store.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM camera_schedule"));

    private async Task ReopenAsync()
    {
        _keeper.Dispose();
        await _store.DisposeAsync();
        (_store, _keeper) = Open();
    }

    private async Task LoseDatabaseAsync()
    {
        _keeper.Dispose();
        await _store.DisposeAsync();
        foreach (var file in Directory.GetFiles(_folder.Path, "box.db*")) File.Delete(file);
        (_store, _keeper) = Open();
    }
}

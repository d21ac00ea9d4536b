using Heldar.Edge.Health;
using NodaTime;

namespace Heldar.Edge.Tests.Health;

/// <summary>Answers that the job of root left: only a fresh and readable one says anything.</summary>
public sealed class SmartFilesTests : IDisposable
{
    private const string Well = """{"json_format_version":[1,0],"smartctl":{"exit_status":0},"smart_status":{"passed":true}}""";
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 4, 37);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Well, 0, true)]
    [InlineData(Well, 59, true)]
    [InlineData("""{"smartctl":{"exit_status":8},"smart_status":{"passed":false}}""", 10, false)]
    [InlineData(Well, 61, null)] // the job does not run any more
    [InlineData(Well, -61, null)] // the clock was set
    [InlineData("""{"smartctl":{"exit_status":2,"messages":[{"string":"Permission denied"}]}}""", 0, null)]
    [InlineData("", 0, null)]
    [InlineData("{\"smart_status\":", 0, null)]
    public void Answer_Counts_WhileItIsFreshAndWhole(string content, int minutesOld, bool? healthy)
    {
        Leave("sda", content, minutesOld);

        var report = SmartFiles.Read(_folder.Path, "sda", Now)!;

        Assert.Equal(("sda", healthy), (report.Name, report.Healthy));
        Assert.Equal(healthy != true, report.Problem is not null);
    }

    [Fact]
    public void NoAnswer_IsNotAnUnknownDisk() => Assert.Null(SmartFiles.Read(_folder.Path, "sda", Now));

    [Fact]
    public void HugeAnswer_IsNotRead()
    {
        Leave("sda", Well + new string(' ', 300 * 1024), 0);
        Assert.Equal(new DiskReport("sda", null, "the answer of smartctl is too long"), SmartFiles.Read(_folder.Path, "sda", Now));
    }

    [Fact]
    public void FolderInThePlaceOfAnAnswer_TellsNothing()
    {
        Directory.CreateDirectory(_folder.File("sda.json"));
        Assert.Null(SmartFiles.Read(_folder.Path, "sda", Now)?.Healthy);
    }

    [Fact]
    public void Disks_AreThoseThatMayKnowSmart()
    {
        foreach (var name in (string[])["nvme0n1", "sdb", "sda", "loop0", "vda", "md0"]) Directory.CreateDirectory(_folder.File(name));
        Assert.Equal(["nvme0n1", "sda", "sdb"], SmartFiles.Disks(_folder.Path));
        Assert.Empty(SmartFiles.Disks(_folder.File("none")));
    }

    private void Leave(string disk, string content, int minutesOld)
    {
        File.WriteAllText(_folder.File(disk + ".json"), content);
        File.SetLastWriteTimeUtc(_folder.File(disk + ".json"), (Now - Duration.FromMinutes(minutesOld)).ToDateTimeUtc());
    }
}

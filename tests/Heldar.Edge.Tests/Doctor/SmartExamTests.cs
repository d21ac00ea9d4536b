using Heldar.Edge.Doctor;
using NodaTime;

namespace Heldar.Edge.Tests.Doctor;

public sealed class SmartExamTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryDisk_IsWellOrFailingOrUnknown()
    {
        var now = Instant.FromUtc(2026, 11, 21, 4, 37);
        File.WriteAllText(_folder.File("sda.json"), """{"smart_status":{"passed":true}}""");
        File.WriteAllText(_folder.File("sdb.json"), """{"smart_status":{"passed":false}}""");
        File.WriteAllText(_folder.File("sdc.json"), """{"smartctl":{"exit_status":2}}""");
        foreach (var file in Directory.GetFiles(_folder.Path)) File.SetLastWriteTimeUtc(file, now.ToDateTimeUtc());

        var findings = SmartExam.Look(["sda", "sdb", "sdc", "sdd"], _folder.Path, now).ToList();

        Assert.Equal([FindingLevel.Ok, FindingLevel.Warning, FindingLevel.Warning, FindingLevel.Warning], findings.Select(f => f.Level));
        Assert.Equal("disk sdb: SMART says that the disk is failing", findings[1].What);
        Assert.Equal("SMART of disk sdc is not known: SMART gives no verdict", findings[2].What);
        Assert.Equal($"SMART of disk sdd is not known: nothing lies in {_folder.Path}", findings[3].What);
        Assert.Contains("heldar-smart.timer", findings[3].Fix, StringComparison.Ordinal);
    }
}

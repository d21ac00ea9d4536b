using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Packaging;

/// <summary>The job of root that asks the disks, run with disks and a smartctl that the test makes up.</summary>
public sealed class SmartScriptTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create("smart");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Out => Path.Combine(_folder, "out");

    public void Dispose() => TemporaryFolder.Delete(_folder);

    [Fact]
    public async Task Answers_AreLeftPerDisk_ThoseOfFailingOnesToo()
    {
        Disks("sda", "sdb", "sdc", "nvme0n1", "loop0", "nvme0c0n1");
        Directory.CreateDirectory(Out);
        await File.WriteAllTextAsync(Path.Combine(Out, "sdc.json"), "before", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(Out, "sdz.json"), "a disk that was pulled", Cancellation);

        // sdb is failing: its answer comes with an exit code. sdc gives none: its last one stays, and grows old.
        var result = await RunAsync("#!/bin/bash\ncase $3 in /dev/sdb) echo \"failing $*\"; exit 8;; /dev/sdc) exit 2;; *) echo \"well $*\";; esac\n");

        Assert.Equal((0, ""), (result.ExitCode, result.Output + result.Error));
        Assert.Equal(["nvme0n1.json", "sda.json", "sdb.json", "sdc.json"], Directory.GetFileSystemEntries(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("well -H -j /dev/sda\n", await File.ReadAllTextAsync(Path.Combine(Out, "sda.json"), Cancellation));
        Assert.Equal("failing -H -j /dev/sdb\n", await File.ReadAllTextAsync(Path.Combine(Out, "sdb.json"), Cancellation));
        Assert.Equal("before", await File.ReadAllTextAsync(Path.Combine(Out, "sdc.json"), Cancellation));
    }

    [Fact]
    public async Task EndlessAnswer_IsCut()
    {
        Disks("sda");
        Assert.Equal(0, (await RunAsync("#!/bin/bash\nyes\n")).ExitCode);
        Assert.Equal(262144, new FileInfo(Path.Combine(Out, "sda.json")).Length);
    }

    private void Disks(params string[] names)
    {
        foreach (var name in names) Directory.CreateDirectory(Path.Combine(_folder, "block", name));
    }

    private async Task<ToolResult> RunAsync(string smartctl)
    {
        var tools = Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName;
        var tool = Path.Combine(tools, "smartctl");
        await File.WriteAllTextAsync(tool, smartctl, Cancellation);
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Dictionary<string, string?> environment = new()
        {
            ["PATH"] = $"{tools}:{Environment.GetEnvironmentVariable("PATH")}",
            ["HELDAR_SMART_OUT"] = Out,
            ["HELDAR_SMART_BLOCK"] = Path.Combine(_folder, "block"),
        };
        return await Tool.RunAsync("bash", [Repository.File("infra", "package", "heldar-smart")], Cancellation, environment);
    }
}

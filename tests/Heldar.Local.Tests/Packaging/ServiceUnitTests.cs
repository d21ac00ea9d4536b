using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Packaging;

/// <summary>The unit of the service, read by systemd's own tools. A mistyped setting there is ignored by systemd, and so would protect nothing.</summary>
public sealed class ServiceUnitTests : IDisposable
{
    /// <summary>Exposure by <c>systemd-analyze security</c>, in tenths: 0 is best, 100 is a service with no protection. It is 17 with systemd 252.</summary>
    private const string MostExposure = "20";

    private readonly string _folder = TemporaryFolder.Create("unit");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Unit => Repository.File("infra", "package", "heldar-edge.service");

    public void Dispose() => TemporaryFolder.Delete(_folder);

    [Fact]
    public void Service_IsWatched_AndMayDoLittle()
    {
        string[] needed =
        [
            "Type=notify", "WatchdogSec=30", "WatchdogSignal=SIGKILL", "Restart=always", "User=heldar", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "StateDirectory=heldar",
            "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK", "MemoryDenyWriteExecute=no",
        ];
        Assert.Empty(needed.Except(File.ReadLines(Unit)));
    }

    [Fact]
    public async Task EverySetting_IsKnownToSystemd()
    {
        var good = await VerifyAsync(await File.ReadAllTextAsync(Unit, Cancellation));
        Assert.Equal((0, ""), (good.ExitCode, good.Output + good.Error));

        var mistyped = await VerifyAsync((await File.ReadAllTextAsync(Unit, Cancellation)).Replace("ProtectProc=", "ProtectProcess=", StringComparison.Ordinal).Replace("@system-service", "@systemservice", StringComparison.Ordinal));
        Assert.Contains("Unknown key 'ProtectProcess'", mistyped.Error, StringComparison.Ordinal);
        Assert.Contains("@systemservice", mistyped.Error, StringComparison.Ordinal);
    }

    /// <summary>The job of root that asks the disks; its program lies beside the box's tools.</summary>
    [Fact]
    public async Task UnitsOfTheDisks_AreKnownToSystemd_AndMayDoNothingElse()
    {
        foreach (var name in (string[])["heldar-smart.service", "heldar-smart.timer"])
            await File.WriteAllTextAsync(Path.Combine(_folder, name), (await File.ReadAllTextAsync(Repository.File("infra", "package", name), Cancellation)).Replace("/usr/sbin/heldar-smart", "/bin/true", StringComparison.Ordinal), Cancellation);
        var result = await Tool.RunAsync(
            "systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", Path.Combine(_folder, "heldar-smart.timer"), Path.Combine(_folder, "heldar-smart.service")], Cancellation);
        Assert.Equal((0, ""), (result.ExitCode, result.Output + result.Error));

        var service = await File.ReadAllLinesAsync(Repository.File("infra", "package", "heldar-smart.service"), Cancellation);
        string[] needed = ["Type=oneshot", "CapabilityBoundingSet=CAP_SYS_RAWIO CAP_SYS_ADMIN", "DevicePolicy=closed", "ProtectSystem=strict", "NoNewPrivileges=yes", "RuntimeDirectory=heldar/smart", "RuntimeDirectoryPreserve=yes"];
        Assert.Empty(needed.Except(service, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Exposure_IsSmall()
    {
        var result = await SecurityAsync(Unit);
        Assert.True(result.ExitCode == 0, result.Output);

        // The guard bites: without its system call filter the service is above the limit.
        var open = Path.Combine(_folder, "heldar-edge.service");
        await File.WriteAllLinesAsync(open, File.ReadLines(Unit).Where(line => !line.StartsWith("SystemCallFilter=", StringComparison.Ordinal)), Cancellation);
        Assert.Equal(1, (await SecurityAsync(open)).ExitCode);
    }

    private static Task<ToolResult> SecurityAsync(string unit) => Tool.RunAsync("systemd-analyze", ["security", "--offline=yes", "--no-pager", "--threshold=" + MostExposure, unit], Cancellation);

    /// <summary>The program is not installed on this machine: another one takes its place.</summary>
    private async Task<ToolResult> VerifyAsync(string unit)
    {
        var file = Path.Combine(_folder, "heldar-edge.service");
        await File.WriteAllTextAsync(file, unit.Replace("/opt/heldar/current/heldar-edge", "/bin/true", StringComparison.Ordinal), Cancellation);
        return await Tool.RunAsync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", file], Cancellation);
    }
}

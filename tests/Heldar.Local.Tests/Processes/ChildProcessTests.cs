using System.Globalization;
using Heldar.Local.Processes;
using Heldar.Testing;

namespace Heldar.Local.Tests.Processes;

public sealed class ChildProcessTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create("child");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Log => Path.Combine(_folder, "child.log");

    public void Dispose() => TemporaryFolder.Delete(_folder);

    [Fact]
    public async Task Child_WritesItsOwnLogAndStops_WhenAsked()
    {
        await using ChildProcess child = await ChildProcess.StartAsync(new ChildSpec("loop", "sh", ["-c", "echo hello; while :; do sleep 0.1; done"], Log));
        await Readiness.WaitAsync("log", _ => Task.FromResult(LogTail.Read(Log, 1).Contains("hello")), TimeSpan.FromSeconds(10), child, Cancellation);
        Assert.True(child.Identity.IsAlive);
        Assert.True(await child.StopAsync(TimeSpan.FromSeconds(5)));
        Assert.False(child.Identity.IsAlive);
    }

    [Fact]
    public async Task Children_AreFound_AlsoInAGroupOfTheirOwn()
    {
        await using ChildProcess child = await ChildProcess.StartAsync(new ChildSpec("parent", "sh", ["-c", "setsid sleep 60 & wait"], Log));
        IReadOnlyList<ProcessIdentity> found = [];
        await Readiness.WaitAsync("grandchild", _ => Task.FromResult((found = child.Identity.Children()).Count == 1), TimeSpan.FromSeconds(10), child, Cancellation);
        Assert.True(found[0].Signal(Signals.Kill));
        await GoneAsync(found[0]);
        Assert.Empty(child.Identity.Children());
    }

    [Fact]
    public async Task Child_IsKilledWithItsGroup_WhenItDoesNotStop()
    {
        string script = "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > grandchild; while :; do sleep 0.1; done' & echo ready; wait; while :; do sleep 0.1; done";
        await using ChildProcess child = await ChildProcess.StartAsync(new ChildSpec("stubborn", "sh", ["-c", script], Log) { WorkingDirectory = _folder });
        string file = Path.Combine(_folder, "grandchild");
        await Readiness.WaitAsync("grandchild", _ => Task.FromResult(File.Exists(file) && new FileInfo(file).Length > 1), TimeSpan.FromSeconds(10), child, Cancellation);
        ProcessIdentity grandchild = ProcessIdentity.Of(int.Parse(await File.ReadAllTextAsync(file, Cancellation), CultureInfo.InvariantCulture))!;
        Assert.False(await child.StopAsync(TimeSpan.FromSeconds(1)));
        await GoneAsync(grandchild);
    }

    [Fact]
    public async Task Child_DiesWithThisProgram_WhenThisProgramIsKilled()
    {
        // heldar-local starts the cameras' simulator; killing it with -9 must take the simulator along.
        string cache = Path.Combine(AppContext.BaseDirectory, "heldar-local.dll");
        await using ChildProcess parent = await ChildProcess.StartAsync(
            new ChildSpec("parent", "dotnet", [cache, "cameras", "--codec", "h264", "--height", "360", "--gop", "1"], Log));
        ProcessIdentity? simulator = null;
        await Readiness.WaitAsync(
            "simulator",
            _ =>
            {
                simulator = ChildrenOf(parent.Pid).Select(ProcessIdentity.Of).FirstOrDefault(child => child is not null && CommandLine(child.Pid).Contains("simulator.py", StringComparison.Ordinal));
                return Task.FromResult(simulator is not null);
            },
            TimeSpan.FromSeconds(60),
            parent,
            Cancellation);
        parent.Identity.Signal(Signals.Kill);
        await GoneAsync(simulator!);
    }

    [Fact]
    public async Task Readiness_ShowsTheLog_WhenTheChildDies()
    {
        await using ChildProcess child = await ChildProcess.StartAsync(new ChildSpec("broken", "sh", ["-c", "echo because of this; exit 3"], Log));
        ProcessException error = await Assert.ThrowsAsync<ProcessException>(
            () => Readiness.WaitAsync("never", _ => Task.FromResult(false), TimeSpan.FromSeconds(20), child, Cancellation));
        Assert.Contains("because of this", error.Message, StringComparison.Ordinal);
        Assert.Contains("code 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Identity_DiffersFromALaterProcess_WhenThePidIsReused()
    {
        Assert.True(ProcessIdentity.Current.IsAlive);
        Assert.False((ProcessIdentity.Current with { StartTicks = 1 }).IsAlive);
        Assert.False((ProcessIdentity.Current with { StartTicks = 1 }).Signal(Signals.Kill));
    }

    [Fact]
    public void Ports_AreDistinctAndFree_WhenManyAreTaken()
    {
        int[] ports = [.. Enumerable.Range(0, 200).Select(_ => Ports.Free())];
        Assert.Equal(ports.Length, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port, 20000, 31999));
    }

    [Fact]
    public void Lock_IsRefused_WhileItIsHeld()
    {
        string path = Path.Combine(_folder, "lock");
        using (FileLock? first = FileLock.TryTake(path))
        {
            Assert.NotNull(first);
            Assert.Null(FileLock.TryTake(path));
        }

        using FileLock? again = FileLock.TryTake(path);
        Assert.NotNull(again);
    }

    private static IEnumerable<int> ChildrenOf(int pid)
    {
        foreach (string task in Directory.Exists($"/proc/{pid}/task") ? Directory.GetDirectories($"/proc/{pid}/task") : [])
        {
            string file = Path.Combine(task, "children");
            foreach (string child in File.Exists(file) ? File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries) : []) yield return int.Parse(child, CultureInfo.InvariantCulture);
        }
    }

    private static string CommandLine(int pid) => File.Exists($"/proc/{pid}/cmdline") ? File.ReadAllText($"/proc/{pid}/cmdline") : "";

    private static Task GoneAsync(ProcessIdentity process) =>
        Readiness.WaitAsync("it is gone", _ => Task.FromResult(!process.IsAlive), TimeSpan.FromSeconds(10), child: null, Cancellation);
}

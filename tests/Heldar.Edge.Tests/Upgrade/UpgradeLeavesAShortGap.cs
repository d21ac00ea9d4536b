using System.Globalization;
using Heldar.Local;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Edge.Tests.Upgrade;

/// <summary>
/// The upgrade tool with the real program and a simulated camera: an upgrade, a version that does not start, and a version that changes the schema and does not get ready. Frames are counted by ffmpeg:
/// what is missing is missing only while the box stood still.
/// </summary>
public sealed class UpgradeLeavesAShortGap : IAsyncLifetime
{
    private const int FramesPerSecond = 25;

    /// <summary>What an upgrade in order costs at most where nobody waits for a time-out, however busy the machine; the product's promise is 5 s, and the figure is told.</summary>
    private const long MostGapMs = 30_000;
    private static readonly CameraSpec[] Cameras = [new("gate", new FootageRecipe("h264", 360, FramesPerSecond, 1, 500))];
    private readonly TemporaryFolder _folder = new();
    private readonly CameraSimulator _simulator;
    private LoneBox? _box;

    public UpgradeLeavesAShortGap() => _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), Cameras);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Root => _folder.File("opt");

    private string Service => _folder.File("service");

    public async ValueTask InitializeAsync()
    {
        await _simulator.StartAsync(Cancellation);
        _box = await LoneBox.CreateAsync(_folder.File("box"), _simulator, segmentSeconds: 2, Cancellation);
        Script(Service, $$"""
            pid=$(cat '{{_folder.File("pid")}}' 2>/dev/null || echo 0)
            runs() { [ "$pid" != 0 ] && readlink "/proc/$pid/exe" >/dev/null 2>&1; }
            case $1 in
              is-active) runs ;;
              start) setsid '{{Root}}/current/heldar-edge' --config '{{_folder.File("box/heldar.yaml")}}' >>'{{_folder.File("box.log")}}' 2>&1 </dev/null & echo $! >'{{_folder.File("pid")}}' ;;
              stop) runs || exit 0; kill "$pid"; while runs; do sleep 0.02; done ;;
            esac
            """);
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Service)) await Tool.RunAsync(Service, ["stop"], CancellationToken.None);
        if (_box is not null) await _box.DisposeAsync();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Upgrade_RollBack_AndRollBackOverANewerSchema_LoseNothingButTheTimeBetween()
    {
        Assert.Equal(0, (await UpgradeAsync("install", Version("1.0.0"))).ExitCode);
        Assert.Equal(0, (await Tool.RunAsync(Service, ["start"], Cancellation)).ExitCode);
        await RecordedAsync();

        var before = await SentAsync();
        var upgraded = await MeasuredAsync("1.1.0", Version("1.1.0"));
        var after = await SentAsync();
        Assert.True(upgraded.ExitCode == 0, upgraded.Error + upgraded.Output);
        Assert.Equal("1.1.0", Current());

        // It answers what the tool asks, and ends when it should run.
        var broken = await MeasuredAsync("1.2.0", Version("1.2.0", "exit 1"));
        Assert.Equal((3, "1.1.0"), (broken.ExitCode, Current()));
        Assert.Contains("rolled back: version 1.1.0 runs again", broken.Error, StringComparison.Ordinal);

        // It moves the schema on before it ends: 1.1.0 refuses the database then.
        var tomorrow = await MeasuredAsync("2.0.0", Version("2.0.0", $"""
            python3 -c "import sqlite3; d = sqlite3.connect('{_folder.File("box/data/box.db")}'); d.execute('insert into schema_migration values (\'9999_of_tomorrow\')'); d.commit()"
            exit 1
            """, schema: "older"));
        Assert.Equal((3, "1.1.0"), (tomorrow.ExitCode, Current()));
        Assert.Contains("database of version 1.1.0 is back", tomorrow.Output, StringComparison.Ordinal);

        await _simulator.Control.StallAsync("gate", Cancellation);
        await EventuallyAsync("the box knows every file as closed", AllClosedAsync);
        var gaps = await GapsAsync();
        var upgradeGapMs = gaps.Where(g => g.After > before && g.After < after).Sum(g => g.Missing) * 1000 / FramesPerSecond;
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"upgrade_gap_ms {upgradeGapMs}; all: {string.Join(", ", gaps.Select(g => g.Missing * 1000 / FramesPerSecond))}"));
        Assert.InRange(gaps.Count, 1, 3);
        Assert.InRange(upgradeGapMs, 1, MostGapMs);

        var refused = await UpgradeAsync("switch", "9.9.9");
        Assert.Equal((1, "1.1.0"), (refused.ExitCode, Current()));
        Assert.Contains("not installed", refused.Error, StringComparison.Ordinal);
        Assert.Equal(["  1.0.0", "* 1.1.0", "  1.2.0", "  2.0.0"], (await UpgradeAsync("list")).Output.TrimEnd().Split('\n'));
    }

    /// <summary>A folder as a package brings it: the program that was built, or a script in its place that answers only what the tool asks.</summary>
    private string Version(string version, string? instead = null, string? schema = null)
    {
        var folder = _folder.File("package-" + version);
        var program = Path.GetDirectoryName(Build.Edge)!;
        foreach (var file in Directory.EnumerateFiles(program, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(program, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.CreateSymbolicLink(target, file);
        }

        File.WriteAllText(Path.Combine(folder, "VERSION"), version + "\n");
        File.Delete(Path.Combine(folder, "heldar-edge"));
        var say = schema is null ? "" : $" | sed 's/^[a-z]*/{schema}/'";
        Script(Path.Combine(folder, "heldar-edge"), $"""
            if [ "$1" = schema ]; then '{Build.Edge}' "$@"{say}; exit; fi
            {instead ?? $"exec '{Build.Edge}' \"$@\""}
            """);
        return folder;
    }

    private async Task<ToolResult> MeasuredAsync(string version, string package)
    {
        var result = await UpgradeAsync("install", package);
        await RecordedAsync();
        TestContext.Current.SendDiagnosticMessage($"{version}: {result.Output.Trim()} {result.Error.Trim()}");
        return result;
    }

    /// <summary>Number of the frame that the camera sends next, about.</summary>
    private async Task<long> SentAsync() => (await _simulator.Control.GetAsync("gate", Cancellation)).Counter;

    private Task<ToolResult> UpgradeAsync(params string[] arguments) => Tool.RunAsync(
        Heldar.Local.Repository.File("infra", "package", "heldar-edge-upgrade"),
        arguments,
        Cancellation,
        new Dictionary<string, string?> { ["HELDAR_ROOT"] = Root, ["HELDAR_CONFIG"] = _folder.File("box/heldar.yaml"), ["HELDAR_SERVICE"] = Service, ["HELDAR_USER"] = "root", ["HELDAR_KEEP"] = "9" });

    private string Current() => Path.GetFileName(File.ResolveLinkTarget(Path.Combine(Root, "current"), returnFinalTarget: false)!.FullName);

    /// <summary>Waits until frames that the camera sends from now on reach the disk.</summary>
    private async Task RecordedAsync()
    {
        var before = Files().ToHashSet(StringComparer.Ordinal);
        await EventuallyAsync("a new file is recorded, and another after it", _ => Task.FromResult(Files().Count(f => !before.Contains(f)) >= 2));
    }

    private async Task<bool> AllClosedAsync(CancellationToken cancellation)
    {
        var known = await _box!.SegmentsAsync("gate", cancellation);
        return known.All(s => !s.Open) && known.Select(s => s.Id).ToHashSet().SetEquals(DiskSegment.Scan([_box.Recordings]).Keys);
    }

    /// <summary>Missing frames between those on disk, longest runs of them, and the frame before each; a frame that is there twice fails.</summary>
    private async Task<List<(long After, long Missing)>> GapsAsync()
    {
        List<long> counters = [];
        foreach (var file in Files()) counters.AddRange((await FrameCounter.ReadAsync(file, codec: null, Cancellation)).Select(m => m.Counter));
        counters.Sort();
        Assert.Equal(counters.Count, counters.Distinct().Count());
        return [.. counters.Zip(counters.Skip(1), (a, b) => (After: a, Missing: b - a - 1)).Where(g => g.Missing > 0)];
    }

    private List<string> Files() => [.. DiskSegment.Scan([_box!.Recordings]).Values.Select(s => s.File)];

    private static void Script(string file, string text)
    {
        File.WriteAllText(file, "#!/bin/bash\n" + text + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static Task EventuallyAsync(string what, Func<CancellationToken, Task<bool>> holds) => Readiness.WaitAsync(what, holds, TimeSpan.FromSeconds(90), child: null, Cancellation);
}

using System.Diagnostics;
using Heldar.Local.Emulator;

namespace Heldar.Benchmarks.Record;

/// <summary>
/// One box that records all cameras, with hashing, seals, sync, index and uplink on, beside one ffmpeg per camera; in turn, on the same cameras, each warm.
/// </summary>
internal sealed class RecordBench(RecordPlan plan, string folder, Action<BenchLine> print, Action<string> say)
{
    private const string Ffmpeg = "ffmpeg per camera";
    private readonly List<Round> _ours = [], _theirs = [];
    private readonly List<double> _firstFragments = [];
    private double _oneCamera;
    private long _frames, _lost;

    private string[] Names => [.. plan.Specs.Select(c => c.Name)];

    public async Task RunAsync(CancellationToken cancellation)
    {
        var options = new StackOptions(Path.Combine(folder, "stack")) { Sites = 1, Cameras = plan.Specs };
        Directory.CreateDirectory(folder);
        foreach (var recipe in plan.Specs.Select(c => c.Footage).Distinct()) await Local.Cameras.Footage.ClipAsync(recipe, cancellation);
        var firsts = new FirstFragments(Path.Combine(new StackFolder(options.Folder).Box("box1"), "recordings"), Names).WaitAsync(cancellation);
        await using var stack = await Stack.StartAsync(options, say, cancellation);
        for (var round = 0; round < plan.Rounds; round++)
        {
            await OursAsync(stack, round == 0 ? firsts : null, cancellation);
            await TheirsAsync(stack, alone: plan.Memory && round == 0, cancellation);
        }

        Report();
    }

    private async Task OursAsync(Stack stack, Task<IReadOnlyList<double>>? firsts, CancellationToken cancellation)
    {
        var box = stack.Boxes[0];
        if (firsts is null)
        {
            firsts = new FirstFragments(box.Recordings, Names).WaitAsync(cancellation);
            await box.Service.StartAsync(cancellation);
        }

        var started = FirstFragments.StartOf(Pid(box));
        var slowest = ((await firsts).Max() - started) * 1000;
        _firstFragments.Add(slowest);
        say($"{plan.Name}: box is recording, every camera has a fragment {slowest:0} ms after the start");
        await Task.Delay(plan.WarmUp, cancellation);
        var from = TimeProvider.System.GetUtcNow();
        _ours.Add(await MeasureAsync([Pid(box)], plan.Measured, cancellation));
        var to = TimeProvider.System.GetUtcNow();
        say($"{plan.Name}: box {_ours[^1]}");
        if (box.Service.Restarts > 0) throw new InvalidOperationException("the box crashed");
        await box.Service.StopAsync();
        var (recorded, lost) = await RecordedFrames.CountAsync(box.Recordings, plan.Cameras, from, to, cancellation);
        say($"{plan.Name}: {recorded} frames recorded in the measured window, {lost} lost");
        _frames += recorded;
        _lost += lost;
    }

    private async Task TheirsAsync(Stack stack, bool alone, CancellationToken cancellation)
    {
        var (user, password) = stack.CameraCredentials;
        var urls = stack.CameraSpecs.Select(c => new UriBuilder(stack.CameraUrl(c)) { UserName = Uri.EscapeDataString(user), Password = Uri.EscapeDataString(password) }.Uri.AbsoluteUri).ToList();
        var target = Path.Combine(folder, "ffmpeg");
        await using (var recorders = await FfmpegRecorders.StartAsync(urls, target, segmentSeconds: 30))
        {
            var warm = Task.Delay(plan.WarmUp, cancellation);
            if (alone) _oneCamera = await OneCameraAsync(stack.Boxes[0], warm, cancellation);
            await warm;
            recorders.EnsureAllRun();
            _theirs.Add(await MeasureAsync(recorders.Pids, plan.Measured, cancellation));
            recorders.EnsureAllRun();
            say($"{plan.Name}: {plan.Cameras} ffmpeg {_theirs[^1]}");
        }

        Directory.Delete(target, recursive: true);
    }

    /// <summary>Private memory of the same box with its first camera only; run while the baseline warms up, so it costs no time of its own.</summary>
    private async Task<double> OneCameraAsync(Box box, Task warm, CancellationToken cancellation)
    {
        var all = await File.ReadAllTextAsync(box.ConfigFile, cancellation);
        var second = all.IndexOf("  - id: ", all.IndexOf("  - id: ", StringComparison.Ordinal) + 1, StringComparison.Ordinal);
        StackFolder.Write(box.ConfigFile, all[..second]);
        var first = new FirstFragments(box.Recordings, [Names[0]]).WaitAsync(cancellation);
        await LaunchAsync(box, cancellation);
        await first;
        await warm;
        var bytes = ProcessMeter.Read(Pid(box)).PrivateBytes;
        say($"{plan.Name}: box with one camera {bytes / 1e6:0.0} MB private");
        await box.Service.StopAsync();
        StackFolder.Write(box.ConfigFile, all);
        return bytes;
    }

    private static Task LaunchAsync(Box box, CancellationToken cancellation) => box.Service.StartAsync(cancellation);

    private static async Task<Round> MeasureAsync(IReadOnlyList<int> pids, TimeSpan length, CancellationToken cancellation)
    {
        List<double> memory = [];
        var before = ProcessMeter.Read(pids);
        var start = Stopwatch.GetTimestamp();
        // A handful of samples: reading smaps walks the page tables, which the figure must not contain.
        for (var sample = 1; sample <= 4; sample++)
        {
            var rest = (length * sample / 4) - Stopwatch.GetElapsedTime(start);
            if (rest > TimeSpan.Zero) await Task.Delay(rest, cancellation);
            memory.Add(ProcessMeter.Read(pids).PrivateBytes);
        }

        var after = ProcessMeter.Read(pids);
        return new Round((after.CpuSeconds - before.CpuSeconds) / Stopwatch.GetElapsedTime(start).TotalSeconds * 100, Statistics.Median(memory));
    }

    private static int Pid(Box box) => box.Service.Child?.Pid ?? throw new InvalidOperationException("the box does not run");

    private void Report()
    {
        double ours = Statistics.Median(_ours.Select(r => r.Cpu)), theirs = Statistics.Median(_theirs.Select(r => r.Cpu));
        print(new BenchLine(plan.Name, "cpu", ours, "% of a core", Ffmpeg, theirs, ours / theirs, _ours.Count) { Bar = ($"ratio <= {plan.CpuBar}", ours / theirs <= plan.CpuBar) });
        if (plan.Memory)
        {
            var added = (Statistics.Median(_ours.Select(r => r.PrivateBytes)) - _oneCamera) / (plan.Cameras - 1) / 1e6;
            var each = Statistics.Median(_theirs.Select(r => r.PrivateBytes)) / plan.Cameras / 1e6;
            print(new BenchLine(plan.Name, "memory_per_camera", added, "MB", Ffmpeg, each, added / each, _ours.Count) { Bar = ($"ratio <= {RecordPlan.MemoryBar}", added / each <= RecordPlan.MemoryBar) });
        }

        print(new BenchLine(plan.Name, "frames_lost", _lost, "frames", N: (int)_frames) { Bar = ("0", _lost == 0) });
        var first = Statistics.Median(_firstFragments);
        print(new BenchLine(plan.Name, "first_fragment_ms", first, "ms", N: _firstFragments.Count) { Bar = ($"<= {RecordPlan.FirstFragmentBar}", first <= RecordPlan.FirstFragmentBar) });
    }

    /// <param name="Cpu">Percent of one core, user and system.</param>
    /// <param name="PrivateBytes">Private memory.</param>
    private readonly record struct Round(double Cpu, double PrivateBytes)
    {
        public override string ToString() => $"{Cpu:0.00} % of a core, {PrivateBytes / 1e6:0.0} MB private";
    }
}

using System.Diagnostics;
using System.Globalization;
using Heldar.Local;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;

namespace Heldar.Benchmarks.Kept;

/// <summary>
/// From the start of the real program until <c>/readyz</c> answers 200, with everything stored; beside it the same program with an empty folder. Then the same with everything stored
/// and the database lost: cameras start there, and the index is filled behind them.
/// </summary>
internal sealed class StartBench(FilledBox box, string folder, bool quick, Action<BenchLine> print, Action<string> say)
{
    private const double BarMs = 3000;

    /// <summary>Of a start that finds no database: a moment, however much is stored.</summary>
    private const double LostBarMs = 10_000;

    public async Task RunAsync(CancellationToken cancellation)
    {
        await box.FillAsync(say, cancellation);
        var empty = Directory.CreateDirectory(Path.Combine(folder, "empty")).FullName;
        List<double> full = [], none = [];
        for (var round = 0; round < (quick ? 2 : 5); round++)
        {
            full.Add(await StartAsync(box.Folder, cancellation));
            none.Add(await StartAsync(empty, cancellation));
        }

        double ours = Statistics.Median(full), theirs = Statistics.Median(none);
        print(new BenchLine("start", "start_ms", ours, "ms", "an empty box", theirs, ours / theirs, full.Count) { Bar = ($"<= {BarMs}", ours <= BarMs) });
        List<double> lost = [];
        for (var round = 0; round < (quick ? 1 : 3); round++)
        {
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(box.Database)!, Path.GetFileName(box.Database) + "*")) File.Delete(file);
            lost.Add(await StartAsync(box.Folder, cancellation));
        }

        var behind = Statistics.Median(lost);
        print(new BenchLine("start", "lost_database_start_ms", behind, "ms", "an empty box", theirs, behind / theirs, lost.Count) { Bar = ($"<= {LostBarMs}", behind <= LostBarMs) });
    }

    private static async Task<double> StartAsync(string folder, CancellationToken cancellation)
    {
        var port = Ports.Free();
        var config = Path.Combine(folder, "heldar.yaml");
        // Cameras that nobody answers for: whose footage is whose must be known all the same.
        var cameras = string.Join(", ", Enumerable.Range(0, FilledBox.Cameras).Select(c => $"{{ id: {FilledBox.Slug(c)}, url: 'rtsp://127.0.0.1:9/' }}"));
        await File.WriteAllTextAsync(
            config,
            string.Create(CultureInfo.InvariantCulture, $"box: {{ name: Bench, listen: \"http://127.0.0.1:{port}\", data: ./data, timeZone: Europe/Berlin }}\nrecording: {{ volumes: [{{ path: ./recordings }}] }}\ncameras: [{cameras}]\n"),
            cancellation);
        var start = Stopwatch.GetTimestamp();
        await using var child = await ChildProcess.StartAsync(new ChildSpec("box", Build.Edge, ["--config", config], Path.Combine(folder, "box.log")) { WorkingDirectory = folder });
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromSeconds(2) };
        await Readiness.WaitAsync("the box is ready", token => Probe.OkAsync(http.BaseAddress!, "/readyz", token), TimeSpan.FromSeconds(120), child, cancellation);
        var ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await child.StopAsync(TimeSpan.FromSeconds(15));
        return ms;
    }
}

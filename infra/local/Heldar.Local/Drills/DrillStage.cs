using Heldar.Local.Cameras;

namespace Heldar.Local.Drills;

/// <summary>What all drills of one command share: the running cameras, a throw-away folder, and what the judge has proved. One drill at a time.</summary>
internal sealed class DrillStage : IAsyncDisposable
{
    private DrillStage(string folder, CameraSimulator simulator, Action<string> say, bool keep) => (Folder, Simulator, Say, Keep) = (folder, simulator, say, keep);

    /// <summary>Everything that drills write is in it.</summary>
    public string Folder { get; }

    /// <summary>The cameras; they stay up between the runs.</summary>
    public CameraSimulator Simulator { get; }

    /// <summary>Tells people how far it is.</summary>
    public Action<string> Say { get; }

    /// <summary>Faults that the judge found in a copy of this stage's recordings; empty until they were put in.</summary>
    public IReadOnlyList<string> Proved { get; set; } = [];

    /// <summary>Whether the folder stays: somebody wants it, or a drill was not ok, whose cause is in there.</summary>
    public bool Keep { get; set; }

    /// <summary>Starts the cameras, if any are asked for.</summary>
    public static async Task<DrillStage> CreateAsync(int cameras, bool keep, Action<string> say, CancellationToken cancellation)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"heldar-drill-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(folder);
        var simulator = new CameraSimulator(CameraSimulatorOptions.Free(Path.Combine(folder, "cameras")), [.. Enumerable.Range(0, cameras).Select(Camera)]);
        var stage = new DrillStage(folder, simulator, say, keep);
        try
        {
            if (cameras > 0) await simulator.StartAsync(cancellation);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first cameras: both codecs, GOPs of 1 and 2 s, with and without sound, every way to sign in.</summary>
    public IReadOnlyList<CameraSpec> Cameras(int count) => [.. Simulator.Cameras.Take(count)];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Simulator.DisposeAsync();
        if (Keep) Say($"kept {Folder}");
        else Directory.Delete(Folder, recursive: true);
    }

    private static CameraSpec Camera(int number) => new($"cam{number:00}", (number % 4) switch
    {
        0 => new FootageRecipe("h264", 360, 25, 1, 500),
        1 => new FootageRecipe("h265", 360, 25, 2, 300),
        _ => new FootageRecipe("h264", 360, 25, 2, 500),
    })
    {
        Audio = (number % 4) switch { 0 => "aac", 2 => "pcma", _ => "none" },
        Authentication = (number % 3) switch { 0 => "digest", 1 => "basic", _ => "none" },
    };
}

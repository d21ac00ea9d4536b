using Heldar.Local.Emulator;
using Heldar.Local.Judge;

namespace Heldar.Local.Drills;

/// <summary>One kind of accident.</summary>
internal abstract class Drill
{
    /// <summary>What people call it.</summary>
    public abstract string Name { get; }

    /// <summary>What one run is, in words for people.</summary>
    public abstract string Run { get; }

    /// <summary>Cameras that it needs.</summary>
    public abstract int Cameras { get; }

    /// <summary>Why this machine cannot do it, or null.</summary>
    public virtual string? Obstacle => null;

    /// <summary>Runs it. An exception is a failed drill.</summary>
    public abstract Task<DrillReport> RunAsync(DrillStage stage, DrillOptions options, CancellationToken cancellation);

    /// <summary>Proves on a copy of real recordings that the judge finds faults; once per stage.</summary>
    protected static async Task ProveAsync(DrillStage stage, CancellationToken cancellation)
    {
        if (stage.Proved.Count > 0) return;
        stage.Say("proving that the judge finds what is damaged, removed and doubled");
        var judge = new RecordingJudge(stage.Cameras(2));
        string folder = Path.Combine(stage.Folder, "proof");
        await using DrillBox box = await DrillBox.CreateAsync(stage, new LoneBoxOptions(folder, 2), judge, cancellation);
        await box.StartAsync(cancellation);
        await box.FragmentAsync(all: true, cancellation);
        await box.SegmentsAsync(2, cancellation);
        await box.EndAsync(cancellation);
        stage.Proved = await new JudgeProof(judge, await stage.Simulator.Control.ListAsync(cancellation), Path.Combine(folder, "copy")).RunAsync(box.Box.Recordings, cancellation);
    }
}

using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>What drills of the cloud share: a stack in a folder, an administrator of its fleet, and the judge of its index, which proves itself first.</summary>
internal sealed class CloudStage : IAsyncDisposable
{
    private readonly Action<string> _say;

    private CloudStage(Stack stack, TokenDesk desk, Action<string> say) => (Stack, Desk, _say) = (stack, desk, say);

    /// <summary>PostgreSQL, Azurite, fleet, functions; boxes where cameras are asked for.</summary>
    public Stack Stack { get; }

    /// <summary>The fleet's administrator.</summary>
    public TokenDesk Desk { get; }

    /// <summary>Judges the index with the keys that are valid now.</summary>
    public IndexTrial Trial => new(Stack.Database, Stack.Storage);

    /// <summary>Starts the stack in a folder of its own and makes the first account.</summary>
    /// <param name="stage">Of the command.</param>
    /// <param name="name">Of the drill.</param>
    /// <param name="cameras">Cameras of one real box; without any there is none.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<CloudStage> StartAsync(DrillStage stage, string name, IReadOnlyList<CameraSpec> cameras, CancellationToken cancellation)
    {
        await StackPrerequisites.EnsureCloudAsync(stage.Say, cancellation);
        string folder = Path.Combine(stage.Folder, name);
        Directory.CreateDirectory(folder);

        // The user of PostgreSQL has to get in.
        foreach (string open in (string[])[stage.Folder, folder]) File.SetUnixFileMode(open, (UnixFileMode)Convert.ToInt32("755", 8));
        var options = new StackOptions(folder) { Sites = cameras.Count == 0 ? 0 : 1, Cameras = cameras, SegmentSeconds = 10, SignInsPerMinute = 10_000 };
        Stack stack = await Stack.StartAsync(options, stage.Say, cancellation);
        var cloud = new CloudStage(stack, new TokenDesk(stack.Fleet), stage.Say);
        try
        {
            await cloud.Desk.SetUpAsync(await stack.SetupCodeAsync(cancellation) ?? throw new ProcessException("a fresh fleet has no setup code"), cancellation);
            return cloud;
        }
        catch
        {
            await cloud.DisposeAsync();
            throw;
        }
    }

    /// <summary>On a calm fleet everything is in order, and one loss, one duplicate, one sum and one change are found.</summary>
    /// <param name="hooks">Has to find its faults, too; null where nothing is delivered.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<string>> ProveAsync(HookTrial? hooks, CancellationToken cancellation)
    {
        _say("proving that the judge finds one loss, one duplicate, one sum and one change");
        using var calm = new SimFleet(new FleetSimOptions(2, Stack.Folder.Root) { Seconds = 4, Rate = 15, Seed = 3 }, Stack.Fleet, _say);
        await calm.EnrolAsync(Desk, cancellation);
        await calm.RunAsync(cancellation);
        IndexVerdict verdict = await Trial.JudgeAsync(calm.Ledger, cancellation);
        if (!verdict.Ok) throw new ProcessException($"before anything happened, the index was not in order: {string.Join("; ", verdict.Problems)}");
        IReadOnlyList<string> proved = await Trial.ProveAsync(calm.Ledger, cancellation);
        if (hooks is null) return proved;
        _say("proving that the judge finds one delivery that is lost, one that is doubled, and what is wrong");
        return [.. proved, .. await hooks.ProveAsync(calm.Ledger, cancellation)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Desk.Dispose();
        await Stack.DisposeAsync();
    }
}

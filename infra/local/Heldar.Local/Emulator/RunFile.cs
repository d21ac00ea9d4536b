using System.Text.Json;
using Heldar.Local.Processes;

namespace Heldar.Local.Emulator;

/// <summary>What a running stack tells <c>status</c>, <c>logs</c> and <c>down</c>. Holds secrets: mode 0600.</summary>
/// <param name="Owner">The program that supervises the stack.</param>
/// <param name="StartedUnixMs">When it started.</param>
/// <param name="Portal">Address of the fleet and its portal.</param>
/// <param name="Database">Npgsql connection string.</param>
/// <param name="Storage">Azure Storage connection string.</param>
/// <param name="CameraControl">Port of the simulator's control.</param>
/// <param name="Processes">Everything that runs.</param>
/// <param name="Boxes">The boxes.</param>
internal sealed record RunFile(
    ProcessIdentity Owner, long StartedUnixMs, string Portal, string Database, string Storage, int CameraControl, IReadOnlyList<RunProcess> Processes, IReadOnlyList<RunBox> Boxes)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Reads it, or null.</summary>
    public static RunFile? Read(StackFolder folder) => StackFolder.Read<RunFile>(folder.RunFile);

    /// <summary>Writes it in one step.</summary>
    public void Write(StackFolder folder) => StackFolder.Write(folder.RunFile, JsonSerializer.Serialize(this, Indented));

    /// <summary>Ends processes that a killed run left behind, found by pid and start time; returns their names.</summary>
    public static async Task<IReadOnlyList<string>> EndStaleAsync(StackFolder folder, CancellationToken cancellation)
    {
        if (Read(folder) is not { } run) return [];
        List<RunProcess> stale = [.. run.Processes.Where(process => process.Identity is { IsAlive: true }).Reverse()];
        foreach (RunProcess process in stale)
        {
            process.Identity!.Signal(Signals.Terminate);
            var limit = TimeSpan.FromSeconds(5);
            try
            {
                await Readiness.WaitAsync($"{process.Name} ends", _ => Task.FromResult(!process.Identity.IsAlive), limit, child: null, cancellation);
            }
            catch (ProcessException)
            {
                process.Identity.SignalGroup(Signals.Kill);
            }
        }

        File.Delete(folder.RunFile);
        return [.. stale.Select(process => process.Name)];
    }
}

/// <summary>One process of the stack.</summary>
/// <param name="Name">Its name, also of its log.</param>
/// <param name="State">Its state when the file was written.</param>
/// <param name="Port">The port that it listens on; 0 for none.</param>
/// <param name="Identity">Pid and start time; null while it is not running.</param>
/// <param name="StartedUnixMs">When it started.</param>
/// <param name="Restarts">How often it was restarted after a crash.</param>
internal sealed record RunProcess(string Name, string State, int Port, ProcessIdentity? Identity, long StartedUnixMs, int Restarts);

/// <summary>One box of the stack.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Site">Its site.</param>
/// <param name="Url">Its API.</param>
/// <param name="Key">Bearer key of its API.</param>
/// <param name="Folder">Its folder.</param>
internal sealed record RunBox(string Name, string Site, string Url, string Key, string Folder);

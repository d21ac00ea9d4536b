using Heldar.Local.Cameras;

namespace Heldar.Local.Emulator;

/// <summary>What to start.</summary>
/// <param name="Folder">Data folder; everything that the stack writes is in it.</param>
internal sealed record StackOptions(string Folder)
{
    /// <summary>One box per site; 1 to 8, default 2. 0 starts neither boxes nor cameras: the cloud's half alone.</summary>
    public int Sites { get; init; } = 2;

    /// <summary>The simulated cameras, dealt out to the boxes in turn.</summary>
    public IReadOnlyList<CameraSpec> Cameras { get; init; } = CameraSpec.Varied(4);

    /// <summary>Length of a segment in seconds, 2 to 300.</summary>
    public int SegmentSeconds { get; init; } = 30;

    /// <summary>Uplink profile: <c>normal</c> or <c>economy</c>.</summary>
    public string Profile { get; init; } = "normal";

    /// <summary>Prefer the addresses of the last run, so that a bookmark stays valid.</summary>
    public bool KeepPorts { get; init; }

    /// <summary>
    /// Puts every box into a network of its own, for tests: gets the loopback ports that a box must be able to dial (fleet, queues and blobs, cameras) and returns
    /// the command that runs a program inside. Null runs boxes in this network.
    /// </summary>
    public Func<IReadOnlyList<int>, CancellationToken, Task<IReadOnlyList<string>>>? IsolateBoxes { get; init; }

    /// <summary>Sign-ins and enrolments that the fleet takes per client and minute; null is its own default.</summary>
    public int? SignInsPerMinute { get; init; }

    /// <summary>False leaves out fsync in PostgreSQL.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Servers say more than they must: Azurite's log gets a line for each request, and PostgreSQL remembers when each transaction was committed.</summary>
    public bool Measured { get; init; }
}

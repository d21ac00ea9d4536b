namespace Heldar.Local.Processes;

/// <summary>How to run one child process.</summary>
/// <param name="Name">What people call it; also names its log.</param>
/// <param name="File">Program, absolute or in PATH.</param>
/// <param name="Arguments">Arguments, passed as they are.</param>
/// <param name="LogFile">Standard output and error are appended to this file by the child itself, so nothing has to pump them.</param>
internal sealed record ChildSpec(string Name, string File, IReadOnlyList<string> Arguments, string LogFile)
{
    /// <summary>Variables added to this program's own environment; a null value removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Working folder; this program's own by default.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>User to become (needs root); null keeps the user.</summary>
    public string? User { get; init; }

    /// <summary>Signal that the kernel sends to the child when this program dies, however it dies.</summary>
    public string DeathSignal { get; init; } = "KILL";

    /// <summary>Signal that asks the child to stop in order.</summary>
    public int StopSignal { get; init; } = Signals.Terminate;
}

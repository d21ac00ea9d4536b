using Heldar.Local.Processes;

namespace Heldar.Local.Emulator;

/// <summary>The functions host has no address of its own: it says in its log when it listens to the queues.</summary>
internal static class FunctionsReadiness
{
    /// <summary>The line that the functions host prints once it listens.</summary>
    public const string Line = "functions host is ready";

    /// <summary>Waits for the line of this start.</summary>
    public static Task WaitAsync(ChildProcess child, CancellationToken cancellation) => Readiness.WaitAsync(
        "the functions host listens to its queues", _ => Task.FromResult(Says(child)), TimeSpan.FromSeconds(60), child, cancellation);

    private static bool Says(ChildProcess child) =>
        LogTail.Read(child.Spec.LogFile, 200).Any(line => line.Contains(Line, StringComparison.OrdinalIgnoreCase));
}

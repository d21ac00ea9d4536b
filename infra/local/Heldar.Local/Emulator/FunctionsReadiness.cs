using Heldar.Local.FunctionsHost;
using Heldar.Local.Processes;

namespace Heldar.Local.Emulator;

/// <summary>The functions host has no address of its own: it says in its log when it listens to the queues.</summary>
internal static class FunctionsReadiness
{
    /// <summary>Waits for the line of this start.</summary>
    public static Task WaitAsync(ChildProcess child, CancellationToken cancellation) => Readiness.WaitAsync(
        "the functions host listens to its queues", _ => Task.FromResult(Says(child)), TimeSpan.FromSeconds(60), child, cancellation);

    private static bool Says(ChildProcess child) =>
        LogTail.ReadFrom(child.Spec.LogFile, child.LogOffset).Contains(LocalFunctionsHost.ReadyLine, StringComparison.OrdinalIgnoreCase);
}

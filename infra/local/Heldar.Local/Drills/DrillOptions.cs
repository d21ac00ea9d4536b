namespace Heldar.Local.Drills;

/// <summary>How a drill runs.</summary>
/// <param name="Runs">How often the accident happens, 1 to 10,000; null for the drill's own number.</param>
/// <param name="Quick">The short form: fewer runs, shorter segments; same counts.</param>
/// <param name="Keep">Keep the folder with recordings, database and logs; that of a drill that is not ok stays in any case.</param>
internal sealed record DrillOptions(int? Runs, bool Quick, bool Keep)
{
    /// <summary>The number of runs for a drill.</summary>
    public int RunsOr(int full, int quick) => Runs ?? (Quick ? quick : full);
}

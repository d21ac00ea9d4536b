using Heldar.Edge.Gaps;

namespace Heldar.Edge.Health;

/// <summary>What health says, as numbers for whoever watches from outside. Costs no disk. Thread-safe.</summary>
internal sealed class HealthSigns(HeldFootage held, CameraProblems problems, IEnumerable<WarningSource> sources)
{
    /// <summary>0 while held evidence leaves room, 1 when it will stop recording before long, 2 when it has.</summary>
    public int HeldLevel => (int)held.Level;

    /// <summary>How much each part of the box warns of now; 0 for one that is well.</summary>
    public IEnumerable<(string Source, int Count)> Warnings() => sources.Select(s => (s.Name, s.Read().Count()));

    /// <summary>What is wrong with a camera, in the words of the API.</summary>
    public IReadOnlyList<string> ProblemsOf(Guid camera) => problems.Find(camera);
}

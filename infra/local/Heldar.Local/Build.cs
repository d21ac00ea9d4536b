using Heldar.Local.Processes;

namespace Heldar.Local;

/// <summary>The deployables' binaries: all in one configuration, the one that this program was built in.</summary>
internal static class Build
{
#if DEBUG
    public const string Configuration = "Debug";
#else
    public const string Configuration = "Release";
#endif

    public static string Edge => Binary("edge/Heldar.Edge", "heldar-edge");

    public static string Fleet => Binary("cloud/fleet/Heldar.Fleet", "heldar-fleet");

    public static string Functions => Binary("cloud/functions/Heldar.Functions", "heldar-functions");

    public static string Benchmarks => Binary("tests/Heldar.Benchmarks", "heldar-bench");

    /// <summary>This program's own assembly, for child processes that run one of its commands.</summary>
    public static string Local => Binary("infra/local/Heldar.Local", "heldar-local");

    /// <summary>Builds the named projects (incrementally), one process of this clone at a time.</summary>
    /// <exception cref="ProcessException">The compiler refused; the message ends with its last lines.</exception>
    public static async Task EnsureAsync(IReadOnlyList<string> projects, CancellationToken cancellation)
    {
        using var one = await FileLock.TakeAsync(Repository.File("infra", "local", "Heldar.Local", "obj", "heldar-build.lock"), cancellation);
        foreach (var project in projects)
            (await Tool.RunAsync("dotnet", ["build", Repository.File(project), "-c", Configuration, "-v", "quiet", "-nologo"], cancellation)).OutputOrThrow($"building {project}");
    }

    private static string Binary(string project, string name) => Path.Combine(Repository.File(project.Split('/')), "bin", Configuration, "net10.0", name);
}
